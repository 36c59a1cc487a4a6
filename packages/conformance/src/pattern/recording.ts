/** Seeded work of processes that send, handle and die, with a record of what each has seen and was told. */

import assert from "node:assert/strict";
import type { Message, MulticastOptions, Receipt } from "@muster/core";
import type { CallEvent, Finally, MulticastEvent, SendEvent, TakeEvent } from "../history/multicast-events.ts";
import { checkMulticasts, type MulticastFinding } from "../history/multicasts.ts";
import type { OwnTransaction } from "../subject.ts";
import type { AnyFleet } from "./process.ts";
import type { Scene } from "./scene.ts";

const CLOSING = "closing";
/** Share of what is recorded and then rolled back by its sender. */
const ROLLED_BACK = 0.2;

type Options = MulticastOptions<unknown>;

export interface Actor {
  readonly name: string;
  readonly fleet: AnyFleet;
  isDead: boolean;
  /** Of its own process, where what it sends commits with its own writes. */
  begin?(): Promise<OwnTransaction>;
}

export class Recording {
  readonly events: MulticastEvent[] = [];
  readonly #scene: Scene;
  readonly #identities: readonly string[];
  /** Calls that have not been answered; those of the dead never will be. */
  readonly #sending = new Map<Promise<void>, Actor>();
  #texts = 0;
  #clock = 0;
  /** By text. */
  readonly #ids = new Map<string, string>();

  constructor(scene: Scene, identities: readonly string[]) {
    this.#scene = scene;
    this.#identities = identities;
  }

  /** Some of the identities, perhaps none. */
  some(): readonly string[] {
    return this.#identities.filter(() => this.#scene.ctx.random() < 0.5);
  }

  /** Registers the identity there, whoever has it. */
  async take(actor: Actor, identity: string): Promise<void> {
    const event = this.#note<TakeEvent>({ kind: "take", at: this.#now(), identity, process: actor.name });
    const handle = await this.#scene.register(actor.fleet, identity, {
      replace: true,
      behaviour: async (message) => this.#handle(actor, message),
    });
    if (actor.isDead) return;
    event.told = { at: this.#now(), epoch: handle.epoch };
    // On a slow machine a session may end although nobody has died; what it served then comes back by itself.
    handle.on("restored", ({ epoch }) => {
      const at = this.#now();
      this.#note<TakeEvent>({ kind: "take", at, identity, process: actor.name, told: { at: this.#now(), epoch } });
    });
  }

  /** Sends something new to some, and goes on; gives what it was. */
  send(actor: Actor): string {
    this.#texts += 1;
    const text = `x-${this.#texts}`;
    this.#begin(actor, text, this.some());
    return text;
  }

  /** Sends the same once more, under the key it was sent under. */
  again(actor: Actor, text: string): void {
    const first = this.events.find((event) => event.kind === "send" && event.text === text);
    if (first?.kind === "send") this.#begin(actor, text, first.to);
  }

  /** Everything of it that is seen from now on may be of a dead process. */
  die(actor: Actor): void {
    this.#note({ kind: "death", at: this.#now(), process: actor.name });
  }

  /** Waits until nobody who lives sends any more, then until nothing is pending, and asserts that all of it was right. */
  async verify(survivor: Actor): Promise<void> {
    await this.#settled();
    // What was sent before that has come by now, as far as anyone can tell.
    this.#begin(survivor, CLOSING, this.#identities);
    await this.#scene.ctx.eventually(() =>
      assert.deepEqual(new Set(this.#scene.handledBy(CLOSING)), new Set(this.#identities), "who has handled the last"),
    );
    await this.#settled();
    const { order } = this.#scene.ctx.backend.traits;
    const { name: way } = this.#scene.way;
    await this.#scene.ctx.eventually(async () => {
      const end = await this.#end(survivor);
      const found = checkMulticasts(this.events, { way, order }, end);
      assert.ok(found.length === 0, toldOf(found));
    });
  }

  /** Nobody who lives waits for an answer. */
  async #settled(): Promise<void> {
    await Promise.all([...this.#sending].flatMap(([sending, { isDead }]) => (isDead ? [] : sending)));
  }

  #begin(actor: Actor, text: string, to: readonly string[]): void {
    const { isKept, isRecorded, ctx, patienceMs: timeoutMs } = this.#scene;
    const event = this.#note<SendEvent>({ kind: "send", at: this.#now(), text, to });
    const receipts: Receipt[] = [];
    const onReceipts = (page: readonly Receipt[]): void => void receipts.push(...page);
    const isUnique = isRecorded || (isKept && ctx.backend.durability?.tracking !== undefined);
    const options: Options = { timeoutMs, onReceipts, ...(isUnique && { idempotencyKey: text }) };
    const sent = isRecorded ? this.#commit(actor, event, options) : this.#scene.send(actor.fleet, to, text, options);
    const sending = sent
      .then(({ id }) => {
        if (actor.isDead) return;
        event.told = { at: this.#now(), id, receipts };
        this.#ids.set(text, id);
      })
      .catch(() => {}); // Nobody was told anything.
    this.#sending.set(sending, actor);
  }

  /** With a write of its sender's own. Some are rolled back: their sender is told, by a throw, and nobody else ever. */
  async #commit({ fleet, begin }: Actor, { text, to }: SendEvent, options: Options): Promise<{ readonly id: string }> {
    const isRolledBack = text !== CLOSING && this.#scene.ctx.random() < ROLLED_BACK;
    const own = await (begin?.() ?? this.#scene.outboxProbe.begin());
    try {
      await own.write(this.#writeKey(text));
      const report = await this.#scene.send(fleet, to, text, { ...options, transaction: own.transaction });
      if (isRolledBack) throw new Error("it is to be rolled back");
      await own.commit();
      return report;
    } catch (error) {
      await own.rollback();
      throw error;
    }
  }

  #writeKey(text: string): string {
    return `${this.#scene.ctx.namespace} ${text} was sent`;
  }

  async #handle(actor: Actor, message: Message): Promise<void> {
    const { identity, id, epoch, attempt } = message;
    const event = this.#note<CallEvent>({
      kind: "call",
      at: this.#now(),
      text: message.text(),
      id,
      identity,
      epoch,
      process: actor.name,
    });
    const end = (as: "handled" | "rejected" | "thrown"): void => {
      if (!actor.isDead) event.ended = { at: this.#now(), as };
    };
    this.#ids.set(message.text(), id);
    if (message.text() === CLOSING) return end("handled");
    const dice = this.#scene.ctx.random();
    if (dice < 0.3) await this.#scene.turns(5);
    if (dice > 0.9 && attempt === 1) {
      end("thrown");
      throw new Error("not yet");
    }
    if (dice > 0.85 && this.#scene.way.delivery !== "at-most-once") {
      message.reject("never");
      return end("rejected");
    }
    end("handled");
  }

  async #end(survivor: Actor): Promise<Finally> {
    const statuses = new Map<string, Receipt["status"]>();
    const effects = new Map<string, number>();
    const { way, ctx, isKept, isRecorded } = this.#scene;
    const isTracked = isKept ? ctx.backend.durability?.tracking !== undefined : isRecorded;
    for (const [text, id] of isTracked ? this.#ids : [])
      for await (const { identity, status } of survivor.fleet.deliveries(id))
        statuses.set(`${text} ${identity}`, status);
    if (way.name === "exactly-once") {
      const calls = this.events.filter((event): event is CallEvent => event.kind === "call");
      for (const { text, identity } of calls)
        effects.set(`${text} ${identity}`, await this.#scene.effects(identity, text));
    }
    const standing = new Set<string>();
    if (isRecorded)
      for (const event of this.events)
        if (event.kind === "send" && (await this.#scene.outboxProbe.read(this.#writeKey(event.text))) > 0)
          standing.add(event.text);
    return {
      ...(isRecorded && { stands: (text) => standing.has(text) }),
      status: (text, identity) => statuses.get(`${text} ${identity}`),
      effects: (text, identity) => effects.get(`${text} ${identity}`),
    };
  }

  #now(): number {
    this.#clock += 1;
    return this.#clock;
  }

  #note<E extends MulticastEvent>(event: E): E {
    this.events.push(event);
    return event;
  }
}

function toldOf(found: readonly MulticastFinding[]): string {
  const problems = found.slice(0, 20).map(({ problem }) => problem);
  const evidence = found[0]?.evidence.map((event) => JSON.stringify(event)) ?? [];
  return `${found.length} findings:\n${problems.join("\n")}\nof the first:\n${evidence.join("\n")}`;
}

/** What a pattern case plays with: processes of one namespace, the handlers in them, and what those have seen. */

import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import {
  type HandlerContext,
  type Message,
  type MessageHandler,
  type MulticastOptions,
  type MulticastReport,
  openRegistry,
  type RegisterOptions,
  type Timing,
} from "@muster/core";
import type { CompositionContext } from "../case.ts";
import { DEADLINE_MS } from "../deadline.ts";
import { PATIENCE_MS } from "../eventually.ts";
import type { OutboxProbe } from "../subject.ts";
import { Composition, type Way } from "./composition.ts";
import { type Gate, gate } from "./gate.ts";
import { type AnyFleet, type AnyHandle, type Process, type ProcessOptions, slotsOf } from "./process.ts";

/** One call of one handler. */
export interface Seen {
  readonly identity: string;
  readonly id: string;
  readonly text: string;
  readonly epoch: number;
  readonly attempt: number;
  /** Whose handler it was, as the case has named it. */
  readonly by: string;
  readonly state: "running" | "handled" | "thrown";
}

/** What a handler does with its message beside being seen. */
export type Behaviour = (message: Message, context: HandlerContext<unknown>) => void | Promise<void>;

/** Nothing waits for these; a case that is about one of them has its own. */
const TIMING: Partial<Timing> = { reapIntervalMs: 50, pollIntervalMs: 100, relayPollMs: 100 };
const CLOSE_MS = 1_000;

export class Scene {
  readonly ctx: CompositionContext;
  readonly way: Way;
  /** Whether its processes have an outbox. */
  readonly isRecorded: boolean;
  /** In the order in which handlers were called. */
  readonly seen: Seen[] = [];
  readonly #processes: AnyFleet[] = [];
  readonly #gates: Gate[] = [];
  /** What they have in hand they would still hand over here: a process that is really dead doesn't. */
  readonly #dead = new WeakSet<AnyFleet>();
  #hasEnded = false;

  constructor(ctx: CompositionContext, way: Way, { isRecorded = false }: { readonly isRecorded?: boolean } = {}) {
    this.ctx = ctx;
    this.way = way;
    this.isRecorded = isRecorded;
  }

  /** How long something may take that is only promised eventually. */
  get patienceMs(): number {
    return this.ctx.subject.patienceMs ?? PATIENCE_MS;
  }

  /** For calls that are to end before everything has been acknowledged, and not before it has been sent. */
  get shortMs(): number {
    return this.patienceMs / 5;
  }

  /** Whether a store keeps what is sent. */
  get isKept(): boolean {
    return this.way.trait === "durable" || this.way.trait === "exactlyOnce";
  }

  /** One more process, over the slots that give this way's guarantee. */
  async process(options: ProcessOptions = {}): Promise<AnyFleet> {
    return this.#open(this.ctx.fresh(), options);
  }

  /** One more, which can die. */
  async mortal(options: ProcessOptions = {}): Promise<Process> {
    const mortal = this.ctx.subject.mortal?.();
    assert.ok(mortal, "the mortal process that was there when the run was planned");
    const fleet = await this.#open(new Composition(mortal), options);
    return {
      fleet,
      begin: async () => {
        assert.ok(mortal.begin, "a mortal outbox has transactions to record in");
        return mortal.begin();
      },
      kill: async (turn) => {
        await mortal.kill(turn);
        this.#dead.add(fleet);
        fleet.close({ timeoutMs: 1 }).catch(() => {}); // It is dead, and its timers have to go.
      },
    };
  }

  /** Registers somebody whose handler is seen. */
  async register(
    fleet: AnyFleet,
    identity: string,
    {
      behaviour,
      by = "",
      ...options
    }: RegisterOptions<unknown> & { readonly behaviour?: Behaviour; readonly by?: string } = {},
  ): Promise<AnyHandle> {
    return fleet.register(
      identity,
      {},
      { onMessage: this.#whileAlive(fleet, this.handler(behaviour, by)), ...options },
    );
  }

  /**
   * A handler that is seen; of an exactly-once message it has one effect for each identity and text. It writes that at its
   * end, whatever the end: in some stores everyone who writes waits for who has written.
   */
  handler(behaviour: Behaviour = () => {}, by = ""): MessageHandler<unknown> {
    return async (message, context) => {
      const { identity, id, epoch, attempt } = message;
      const seen = { identity, id, epoch, attempt, by, text: message.text(), state: "running" as Seen["state"] };
      this.seen.push(seen);
      try {
        await behaviour(message, context);
        seen.state = "handled";
      } catch (error) {
        seen.state = "thrown";
        throw error;
      } finally {
        if (context.transaction !== undefined)
          await this.#probe.write(context.transaction, this.#effectKey(identity, seen.text));
      }
    };
  }

  /** Sends under this way's guarantee. */
  async send(
    fleet: AnyFleet,
    to: readonly string[] | null,
    text: string,
    options: MulticastOptions<unknown> = {},
  ): Promise<MulticastReport> {
    const filter = to === null ? null : { $identity: { $in: to } };
    return fleet.multicast(filter, text, { delivery: this.way.delivery, ...options });
  }

  /** Its transactions belong to no process that dies. */
  get outboxProbe(): OutboxProbe {
    const { outboxProbe } = this.ctx.subject;
    assert.ok(outboxProbe, "a subject with an outbox has an outboxProbe");
    return outboxProbe;
  }

  /** Sends with a transaction that does nothing else, and commits it. */
  async commit(
    fleet: AnyFleet,
    to: readonly string[] | null,
    text: string,
    options: MulticastOptions<unknown> = {},
  ): Promise<MulticastReport> {
    const own = await this.outboxProbe.begin();
    try {
      return await this.send(fleet, to, text, { ...options, transaction: own.transaction });
    } finally {
      await own.commit();
    }
  }

  /** Calls of handlers for this text that have come to this end, in the order of their beginning. */
  handled(text: string, state: Seen["state"] = "handled"): readonly Seen[] {
    return this.seen.filter((one) => one.text === text && one.state === state);
  }

  /** Who has handled it, each as often as that was; sorted. */
  handledBy(text: string): readonly string[] {
    return this.handled(text)
      .map(({ identity }) => identity)
      .toSorted();
  }

  /** How many effects of it stand for that identity. */
  async effects(identity: string, text: string): Promise<number> {
    return this.#probe.read(this.#effectKey(identity, text));
  }

  /** Waits for exactly these to have handled it; then, after whatever else was under way has had its time, each once. */
  async assertHandled(text: string, identities: readonly string[]): Promise<void> {
    await this.ctx.eventually(() =>
      assert.deepEqual(new Set(this.handledBy(text)), new Set(identities), `who has handled ${text}`),
    );
    if (this.way.name !== "exactly-once") {
      assert.deepEqual(this.handledBy(text), identities.toSorted(), `how often ${text} was handled`);
      return;
    }
    for (const identity of identities)
      await this.ctx.eventually(async () =>
        assert.equal(await this.effects(identity, text), 1, `effects of ${text} for ${identity}`),
      );
  }

  /** Lets others go on, for up to `most` turns of the event loop. */
  async turns(most: number): Promise<void> {
    for (let left = Math.floor(this.ctx.random() * (most + 1)); left > 0; left -= 1) await turn();
  }

  /** Closed until the case opens it, or ends. */
  gate(): Gate {
    const one = gate();
    this.#gates.push(one);
    return one;
  }

  #whileAlive(fleet: AnyFleet, handler: MessageHandler<unknown>): MessageHandler<unknown> {
    return async (message, context) => {
      if (!this.#dead.has(fleet)) await handler(message, context);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    for (const { open } of this.#gates) open();
    await Promise.all(this.#processes.map(async (fleet) => fleet.close({ timeoutMs: CLOSE_MS })));
  }

  async #open(composition: Composition, options: ProcessOptions): Promise<AnyFleet> {
    assert.ok(!this.#hasEnded, "the case has ended");
    const fleet = await openRegistry<undefined, unknown, unknown>({
      namespace: this.ctx.namespace,
      ...slotsOf(composition, options, this),
      timing: { ...TIMING, timeoutMs: this.patienceMs, relayLeaseMs: this.patienceMs / 5, ...options.timing },
      ...(options.limits && { limits: options.limits }),
      onWarning: () => {}, // Cases provoke what is warned of.
      timeoutMs: DEADLINE_MS, // It may be the first that a new process does.
    });
    this.#processes.push(fleet);
    return fleet;
  }

  get #probe(): NonNullable<CompositionContext["subject"]["transactionProbe"]> {
    const { transactionProbe } = this.ctx.subject;
    assert.ok(transactionProbe, "a subject with transactions has a transactionProbe");
    return transactionProbe;
  }

  #effectKey(identity: string, text: string): string {
    return `${this.ctx.namespace} ${text} ${identity}`;
  }
}

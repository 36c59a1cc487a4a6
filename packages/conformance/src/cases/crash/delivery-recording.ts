/** Seeded work on a durability store, by processes that may die over it, with a record of what each was told. */

import assert from "node:assert/strict";
import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityContext } from "../../case.ts";
import { checkDeliveries, type DurableEvent, type HandedEvent, type Told } from "../../history/deliveries.ts";
import { handedIn, longTtl, message } from "../durability/support.ts";

export const IDENTITIES = ["a", "a.b", "b", "*", "\u{1f600}"] as const;
const MOST_TARGETS = 3;

function textIn(id: string): string {
  return `text of ${id}`;
}

export class DeliveryRecording {
  readonly events: DurableEvent[] = [];
  readonly #ctx: DurabilityContext;
  readonly #leaseMs: number;
  #messages = 0;
  #epochs = 0;

  constructor(ctx: DurabilityContext, leaseMs: number) {
    this.#ctx = ctx;
    this.#leaseMs = leaseMs;
  }

  /** One more message, to some. */
  async enqueue(client: DurabilityBackend): Promise<void> {
    this.#messages += 1;
    const id = `message ${this.#messages}`;
    const identities = IDENTITIES.filter(() => this.#ctx.random() < 0.5).slice(
      0,
      Math.min(MOST_TARGETS, client.traits.maxBatch),
    );
    const asked = identities.map((identity) => this.#note({ kind: "enqueue", message: id, identity }));
    const targets = identities.map((identity) => ({ identity, epoch: this.#epochs }));
    const failures = await client.enqueueMany(message(id), targets, { ttlMs: longTtl(this.#ctx) }, this.#ctx.call);
    this.#tell(
      asked,
      failures.map(({ index }) => index),
    );
  }

  /** Takes these over, in an epoch that nobody has had. */
  async attach(client: DurabilityBackend, session: string, identities: readonly string[] = IDENTITIES): Promise<void> {
    this.#epochs += 1;
    const epoch = this.#epochs;
    const asked = identities.map((identity) => this.#note({ kind: "attach", identity, session, epoch }));
    const targets = identities.map((identity) => ({ identity, epoch, session }));
    const failures = await client.attachMany(session, targets, this.#ctx.call);
    this.#tell(
      asked,
      failures.map(({ index }) => index),
    );
  }

  /** Leases some, and settles each of them in some way; `endAll`: in the way that ends it. Gives how many there were. */
  async work(
    client: DurabilityBackend,
    session: string,
    { endAll = false }: { readonly endAll?: boolean } = {},
  ): Promise<number> {
    const askedAtMs = performance.now();
    const asked = this.#note({ kind: "dequeue", session, leaseMs: this.#leaseMs, askedAtMs });
    const options = { max: endAll ? 100 : 4, maxPerIdentity: 100, waitMs: 0, leaseMs: this.#leaseMs };
    const handed = handedIn(await client.dequeue(session, options, this.#ctx.call));
    const atMs = performance.now();
    for (const { id, text, identity, epoch, receipt, attempt } of handed)
      this.#note({
        kind: "handed",
        asked,
        message: id,
        text,
        identity,
        epoch,
        receipt,
        attempt,
        atMs,
      } satisfies HandedEvent);
    const settlements = handed.flatMap(({ receipt }) => {
      const dice = endAll ? 0 : this.#ctx.random();
      if (dice > 0.9) return []; // Its lease will end by itself.
      return [{ receipt, as: dice < 0.6 ? "ack" : dice < 0.75 ? "retry" : "release" } as const];
    });
    const settling = settlements.map((one) => this.#note({ kind: "settle", ...one }));
    const failures = await client.settleMany(settlements, this.#ctx.call);
    this.#tell(
      settling,
      failures.map(({ index }) => index),
    );
    return handed.length;
  }

  /** Takes everything over, ends all there is, and asserts that the history is a good one. */
  async verify(client: DurabilityBackend): Promise<void> {
    const { order, lease, dedupWindowMs } = client.traits;
    await this.attach(client, "the last");
    const check = (): void => {
      const guarantee = { order, leasesEnd: lease === "message", knowsRepetitions: dedupWindowMs > 0 };
      const found = checkDeliveries(this.events, guarantee, textIn);
      assert.ok(found.length === 0, `${found.length} findings:\n${found.slice(0, 20).join("\n")}`);
    };
    await this.#ctx.eventually(async () => {
      while ((await this.work(client, "the last", { endAll: true })) > 0);
      check();
    });
    assert.equal(await this.work(client, "the last", { endAll: true }), 0, "nothing is due");
    check();
  }

  #note<E extends DurableEvent>(event: E): E & { told?: Told } {
    this.events.push(event);
    return event;
  }

  /** The place of the answer is that of the next event. */
  #tell(asked: readonly { told?: Told }[], refused: readonly number[]): void {
    for (const [index, event] of asked.entries())
      event.told = { at: this.events.length - 0.5, outcome: refused.includes(index) ? "refused" : "done" };
  }
}

import type { BatchFailure, Call, DurabilityBackend, Settlement, Target } from "@muster/core/slots";
import { type Random, seededRandom } from "@muster/filter/corpus";
import { withServer } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { assert, test } from "vitest";
import { QueueModel, type Way } from "./model.ts";
import { openedQueues } from "./support.ts";

const SESSIONS = ["s", "t", "u"] as const;
const NAMES = Array.from({ length: 12 }, (_, index) => `id-${index}`);
const IDS = Array.from({ length: 60 }, (_, index) => `m${index}`);
const WAYS: readonly Way[] = ["ack", "ack", "release", "retry", "late", "dead"];
/** Time plays no part here: nothing ends by itself. */
const LONG_MS = 3_600_000;
const STEPS = 250;
const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const COUNT = Number(process.env["MUSTER_HISTORIES"] ?? 5);
const CALL: Call = { signal: new AbortController().signal };

class Walk {
  readonly #clients: readonly DurabilityBackend[];
  readonly #model = new QueueModel();
  readonly #random: Random;
  readonly #receipts: string[] = [];

  constructor(clients: readonly DurabilityBackend[], random: Random) {
    this.#clients = clients;
    this.#random = random;
  }

  async step(): Promise<void> {
    const dice = this.#int(20);
    const at = this.#pick(this.#clients);
    if (dice < 6) await this.#enqueue(at);
    else if (dice < 9) await this.#attach(at);
    else if (dice < 13) await this.#dequeue(at);
    else if (dice < 16) await this.#settle(at);
    else if (dice < 17) await this.#detach(at);
    else if (dice < 18) await this.#drop(at);
    else if (dice < 19) await this.#extend(at);
    else await this.#letters(at);
  }

  async end(): Promise<void> {
    for (const session of SESSIONS) {
      await this.#clients[0]?.sweep({ limit: 1_000 }, CALL);
      await this.#dequeue(this.#pick(this.#clients), session);
    }
  }

  async #enqueue(at: DurabilityBackend): Promise<void> {
    const id = this.#pick(IDS);
    const targets = this.#targets(8);
    const payload = Buffer.from(`text of ${id}`);
    const message = {
      id,
      contentType: "t",
      sentAt: 1,
      guarantee: "at-least-once",
      replyTo: undefined,
      payload,
    } as const;
    const failures = await at.enqueueMany(message, targets, { ttlMs: LONG_MS }, CALL);
    same(failures, targets, ({ identity, epoch }) => this.#model.enqueue(id, identity, epoch));
  }

  async #attach(at: DurabilityBackend): Promise<void> {
    const [session, targets] = [this.#pick(SESSIONS), this.#targets(6)];
    const failures = await at.attachMany(session, targets, CALL);
    same(failures, targets, ({ identity, epoch }) => this.#model.attach(session, identity, epoch));
  }

  async #detach(at: DurabilityBackend): Promise<void> {
    const [session, targets] = [this.#pick(SESSIONS), this.#targets(3)];
    await at.detachMany(
      session,
      targets.map(({ identity }) => identity),
      CALL,
    );
    for (const { identity } of targets) this.#model.detach(session, identity);
  }

  async #drop(at: DurabilityBackend): Promise<void> {
    const targets = this.#targets(2).map(({ identity, epoch }) => ({ identity, epoch: epoch - 1 }));
    await at.dropMany(targets, { code: "UNREGISTERED", reason: "gone" }, CALL);
    for (const { identity, epoch } of targets) this.#model.drop(identity, epoch);
  }

  /** All that is due comes, which may take a moment, and nothing else does. */
  async #dequeue(at: DurabilityBackend, session: string = this.#pick(SESSIONS)): Promise<void> {
    await eventually(async () => {
      const options = { max: 1_000, maxPerIdentity: 1_000, waitMs: 0, leaseMs: LONG_MS };
      for (const { message, recipients } of await at.dequeue(session, options, CALL))
        for (const { identity, epoch, attempt, receipt } of recipients) {
          const what = `${message.id} for ${identity}, epoch ${epoch}, attempt ${attempt}`;
          assert.equal(Buffer.from(message.payload).toString(), `text of ${message.id}`);
          this.#receipts.push(receipt);
          const isDue = this.#model.lease(session, what, this.#receipts.length - 1);
          if (!isDue) this.#surplus.push(what);
        }
      assert.deepEqual(this.#model.dequeue(session), [], `have not come to ${session}`);
    });
    assert.deepEqual(this.#surplus, [], "have come");
  }

  readonly #surplus: string[] = [];

  async #settle(at: DurabilityBackend): Promise<void> {
    const some = this.#someReceipts(12).map((lease) => ({ lease, way: this.#pick(WAYS) }));
    const settlements = some.map(({ lease, way }) => settlementOf(this.#receipts[lease] ?? "", way));
    const failures = await at.settleMany(settlements, CALL);
    same(failures, some, ({ lease, way }) => this.#model.settle(lease, way));
  }

  async #extend(at: DurabilityBackend): Promise<void> {
    const some = this.#someReceipts(4);
    const failures = await at.extendMany(
      some.map((lease) => this.#receipts[lease] ?? ""),
      LONG_MS,
      CALL,
    );
    same(failures, some, (lease) => this.#model.extend(lease));
  }

  async #letters({ deadLetters }: DurabilityBackend): Promise<void> {
    assert.isDefined(deadLetters);
    const found: string[] = [];
    for await (const page of deadLetters.list({ pageSize: 7 }, CALL))
      found.push(...page.map(({ messageId, identity }) => `${messageId} for ${identity}`));
    const expected = this.#model.letters();
    assert.deepEqual(found.toSorted(), expected.map(([id, identity]) => `${id} for ${identity}`).toSorted());
    const keys = expected.filter(() => this.#int(3) === 0).map(([messageId, identity]) => ({ messageId, identity }));
    const redrives = this.#int(3) > 0;
    const failures = redrives
      ? await deadLetters.redriveMany(keys, { ttlMs: LONG_MS }, CALL)
      : await deadLetters.purgeMany(keys, CALL);
    assert.deepEqual(failures, []);
    for (const { messageId, identity } of keys)
      if (redrives) this.#model.redrive(messageId, identity);
      else this.#model.purge(messageId, identity);
  }

  /** Mostly of the last, at most one of each delivery: what a batch does at once has no order. */
  #someReceipts(most: number): readonly number[] {
    const last = this.#receipts.length - 1;
    const some = Array.from({ length: most }, () => last - this.#int(Math.min(last, 30) + 1));
    return some.filter(
      (lease, at) => lease >= 0 && !some.slice(0, at).some((other) => this.#model.isSameDelivery(lease, other)),
    );
  }

  /** Each identity once. */
  #targets(most: number): readonly Target[] {
    const names = new Set(Array.from({ length: 1 + this.#int(most) }, () => this.#pick(NAMES)));
    return Array.from(names, (identity) => ({ identity, epoch: 1 + this.#int(4) }));
  }

  #int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(all: readonly T[]): T {
    const [first] = all;
    const one = all[this.#int(all.length)] ?? first;
    if (one === undefined) throw new Error("there is nothing to choose from");
    return one;
  }
}

function settlementOf(receipt: string, way: Way): Settlement {
  if (way === "dead") return { receipt, as: "dead", code: "REJECTED", reason: "no" };
  if (way === "late") return { receipt, as: "retry", delayMs: LONG_MS };
  return { receipt, as: way };
}

/** The model does it one by one, in the order of the batch. */
function same<T>(failures: readonly BatchFailure[], batch: readonly T[], ask: (one: T) => string | undefined): void {
  const expected = batch.map(ask).flatMap((code, index) => (code === undefined ? [] : [`${index} ${code}`]));
  assert.deepEqual(
    failures.map(({ index, error }) => `${index} ${error.code}`),
    expected,
  );
}

await withServer("nats", { arguments: ["-js"] }, ({ url }) => {
  test.each(Array.from({ length: COUNT }, (_, index) => FIRST + index))(
    "whatever is done to queues, through two clients, they answer as the model: seed %i",
    { timeout: 60_000 },
    async (seed) => {
      const namespace = `model-${seed}`;
      const clients = [
        await openedQueues({ servers: url }, namespace),
        await openedQueues({ servers: url }, namespace),
      ];
      const walk = new Walk(clients, seededRandom(seed));
      for (let step = 0; step < STEPS; step += 1) await walk.step();
      await walk.end();
      await Promise.all(clients.map(async (client) => client.close()));
    },
  );
});

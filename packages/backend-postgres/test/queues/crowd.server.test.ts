/** Many at once: whoever enqueues, attaches, leases and settles beside others, each delivery is had once, and in order. */

import { isMusterError } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { numbered, within } from "@muster/testing";
import { type Handed, message, settled, take, targets, TTL } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { optionsOf } from "../standalone.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

/** A generator of numbers below 1 that gives the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** What a crowd has seen acknowledged. */
class Record {
  readonly #acked: (Handed & { readonly turn: number })[] = [];
  #turns = 0;

  /** When a settlement is sent. Answers may overtake each other: of what has been committed others know before we do. */
  turn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  note(handed: readonly Handed[], turn: number): void {
    for (const one of handed) this.#acked.push({ ...one, turn });
  }

  get count(): number {
    return this.#acked.length;
  }

  /** In the order in which they were settled. */
  of(identity: string): readonly string[] {
    const own = this.#acked.filter((one) => one.identity === identity);
    return own.toSorted((a, b) => a.turn - b.turn).map(({ id }) => id);
  }
}

/** Tries again whoever was the victim of a circle of locks, as core does. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isMusterError(error, "UNAVAILABLE")) throw error;
    }
  }
}

const IDENTITIES = numbered(12);
const SESSIONS = ["s0", "s1", "s2"];
const PER_IDENTITY = 60;

async function enqueueAll(queues: Queues, random: () => number): Promise<void> {
  for (let n = 0; n < PER_IDENTITY; n += 1) {
    // The first few have everything at once: their queues get long.
    const call = within(30 * SECOND);
    await again(() => queues.enqueueMany(message(`m-${n}`), targets(IDENTITIES, 1), TTL, call));
    if (random() >= 0.2) continue;
    await again(() => queues.enqueueMany(message(`m-${n}`), targets(IDENTITIES.toReversed(), 1), TTL, call));
  }
}

async function moveAround(queues: Queues, random: () => number, isOver: () => boolean): Promise<void> {
  for (let epoch = 2; !isOver(); epoch += 1) {
    const some = IDENTITIES.filter(() => random() < 0.3);
    const session = SESSIONS[Math.floor(random() * SESSIONS.length)] ?? "s0";
    await again(() => queues.attachMany(session, targets(some, epoch), within(30 * SECOND)));
    if (random() < 0.2) await again(() => queues.detachMany(session, some, within(30 * SECOND)));
    if (random() < 0.3) await again(() => queues.sweep({ limit: 10 }, within(30 * SECOND)));
  }
  await again(() => queues.attachMany("s0", targets(IDENTITIES, 1_000_000), within(30 * SECOND)));
}

/** Settles one identity's in order; what has been moved meanwhile is another's. */
async function work(
  queues: Queues,
  session: string,
  record: Record,
  random: () => number,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const max = 1 + Math.floor(random() * 30);
    const options = { max, maxPerIdentity: 1 + Math.floor(random() * 4), leaseMs: 20_000 };
    const handed = await again(() => take(queues, session, options));
    const share = random() < 0.3 ? 1 : 0.8;
    const isDone = new Set(handed.filter(() => random() < share).map(({ identity }) => identity));
    const done = handed.filter(({ identity }) => isDone.has(identity));
    const turn = record.turn();
    const failures = await again(() => queues.settleMany(settled(done, "ack"), within(30 * SECOND)));
    const fenced = new Set(failures.map(({ index }) => index));
    record.note(
      done.filter((_, index) => !fenced.has(index)),
      turn,
    );
    const others = handed.filter(({ identity }) => !isDone.has(identity));
    const way = random() < 0.5 ? "retry" : "release";
    await again(() => queues.settleMany(settled(others, way), within(30 * SECOND)));
  }
}

await withServer("postgres", {}, (server) => {
  const seed = Number(process.env["MUSTER_SEED"] ?? Math.floor(Math.random() * 1e9));

  test(`a crowd has each delivery once, and in order (seed ${seed})`, { timeout: 120_000 }, async () => {
    await using queues = await openedQueues({ ...optionsOf(server), maxConnections: 8 });
    const record = new Record();
    const random = randomOf(seed);
    let isEnqueued = false;
    const total = PER_IDENTITY * IDENTITIES.length;
    const end = performance.now() + 90 * SECOND;
    const isOver = (): boolean => record.count >= total || performance.now() > end;
    await Promise.all([
      enqueueAll(queues, random).then(() => {
        isEnqueued = true;
      }),
      moveAround(queues, random, () => isEnqueued),
      ...[...SESSIONS, ...SESSIONS].map(async (session) => work(queues, session, record, random, isOver)),
    ]);
    const expected = numbered(0).concat(Array.from({ length: PER_IDENTITY }, (_, n) => `m-${n}`));
    for (const identity of IDENTITIES) expect([identity, record.of(identity)]).toEqual([identity, expected]);
    for (const session of SESSIONS) expect(await take(queues, session)).toEqual([]);
  });
});

/** Several processes on one file's queues, some of which die. */

import { seededRandom } from "@muster/filter/corpus";
import { freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { ack, message, take, targets, TTL } from "@muster/testing/durability";
import { afterEach, beforeEach, expect, test } from "vitest";
import { otherProcess } from "../processes/process.ts";
import { connectedTo } from "../store/support.ts";
import { type Folder, freshFolder } from "../support.ts";
import { brokenIn } from "./invariants.ts";
import { openedQueues, SECOND } from "./support.ts";

/** More for a night's run; the seed chooses other moments. */
const KILLS = Number(process.env["MUSTER_KILLS"] ?? 12);
const SEED = Number(process.env["MUSTER_SEED"] ?? 1);
/** From TypeScript a process takes a second until it begins, and longer on a busy machine. */
const PATIENCE_MS = 90_000;

let folder: Folder;
let path: string;
let namespace: string;

beforeEach(async () => {
  folder = await freshFolder();
  path = `${folder.path}/fleet.db`;
  namespace = freshNamespace();
});

afterEach(async () => folder[Symbol.asyncDispose]());

type Had = readonly [identity: string, id: string];

/** Whatever a consumer says that is not a word is what it has had. */
function hadIn(said: unknown): readonly Had[] {
  return Array.isArray(said) ? (said as readonly Had[]) : [];
}

function expectSound(): void {
  using store = connectedTo(path);
  expect(store.get("pragma integrity_check")).toEqual(["ok"]);
  expect(brokenIn(store)).toEqual([]);
}

test("two that enqueue and two that consume: each delivery is had once, and in the order of whoever sent it", {
  timeout: PATIENCE_MS,
}, async () => {
  const identities = numbered(8);
  await using queues = await openedQueues({ path }, { namespace });
  const halves = [identities.slice(0, 4), identities.slice(4)];
  const consumers = halves.map((half, index) =>
    otherProcess("consumer", { path, namespace, session: `s-${index}`, identities: half }),
  );
  await Promise.all(consumers.map(async (one) => one.next()));
  const producers = ["p", "q"].map((name) =>
    otherProcess("producer", { path, namespace, name, messages: 30, identities }),
  );
  await Promise.all(producers.map(async (one) => one.ended));
  const had = (): readonly Had[] => consumers.flatMap(({ said }) => said.flatMap(hadIn));
  await expect.poll(() => had().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(8 * 60);
  for (const one of consumers) await one[Symbol.asyncDispose]();
  const sent = ["p", "q"].map((name) => Array.from({ length: 30 }, (_, number) => `${name}-${number}`));
  for (const identity of identities) {
    const got = had().flatMap(([name, id]) => (name === identity ? [id] : []));
    expect(sent.map((ids) => got.filter((id) => ids.includes(id)))).toEqual(sent);
  }
  expect(await queues.tracking?.counts("p-29", within(10 * SECOND))).toEqual({ pending: 0, delivered: 8, failed: 0 });
  expectSound();
});

test("what a consumer that was killed had in hand goes to whoever takes over, with one attempt more", {
  timeout: PATIENCE_MS,
}, async () => {
  await using queues = await openedQueues({ path }, { namespace });
  await using victim = otherProcess("consumer", { path, namespace, session: "s", identities: ["a", "b"] });
  await victim.next();
  const handled = victim.next();
  await queues.enqueueMany(message("1"), targets(["a"]), TTL, within(10 * SECOND));
  expect(await handled).toEqual([["a", "1"]]);
  victim.kill();
  await victim.ended;
  await queues.enqueueMany(message("2"), targets(["a", "b"]), TTL, within(10 * SECOND));
  const abandoned = await take(queues, "s");
  expect(abandoned.map(({ identity, attempt }) => [identity, attempt])).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  await queues.attachMany("t", targets(["a", "b"], 2), within(10 * SECOND));
  const handed = await take(queues, "t");
  expect(handed.map(({ identity, attempt }) => [identity, attempt])).toEqual([
    ["a", 2],
    ["b", 2],
  ]);
  expect(await ack(queues, abandoned)).toHaveLength(2);
  expect(await ack(queues, handed)).toEqual([]);
  expectSound();
});

test(`those that are killed before any statement leave whole transactions or nothing, ${KILLS} times, seed ${SEED}`, {
  timeout: PATIENCE_MS + 3_000 * KILLS,
}, async () => {
  const random = seededRandom(SEED);
  await using queues = await openedQueues({ path }, { namespace });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const statements = 2 + Math.floor(random() * 400);
    await using victim = otherProcess("doomedQueues", { path, namespace: `${namespace}-${kill}`, statements });
    await victim.ended;
    expectSound();
    using store = connectedTo(path);
    const find = `select d.state from muster_deliveries d join muster_messages m on m.message = d.message
      join muster_spaces s on s.space = m.space where s.namespace = ? and m.id = ? and d.identity = ?`;
    const stateOf = (id: string, identity: string): unknown =>
      store.get(find, [`${namespace}-${kill}`, id, identity])?.[0];
    for (const [what, ...rest] of victim.said as readonly [string, ...unknown[]][]) {
      if (what === "accepted") {
        const [id, identities] = rest as [string, readonly string[]];
        for (const identity of identities) expect(stateOf(id, identity), `${id} for ${identity}`).toBeDefined();
      } else {
        const [acked] = rest as [readonly (readonly [string, string])[]];
        for (const [identity, id] of acked) expect(stateOf(id, identity), `${id} for ${identity}`).toBe(1);
      }
    }
    await queues.enqueueMany(message(`after ${kill}`), targets(["a"]), TTL, within(10 * SECOND));
  }
});

test("while another process holds the lock, queues are read, who waits for something goes on waiting, and who writes is told", {
  timeout: PATIENCE_MS,
}, async () => {
  await using queues = await openedQueues({ path }, { namespace });
  await queues.attachMany("s", targets(["a"]), within(10 * SECOND));
  await using holder = otherProcess("holder", { path, namespace });
  await holder.next();
  const waiting = queues.dequeue(
    "s",
    { max: 10, maxPerIdentity: 10, waitMs: 60_000, leaseMs: 10_000 },
    within(80 * SECOND),
  );
  const enqueue = async (ms: number): Promise<unknown> =>
    queues.enqueueMany(message("m"), targets(["a"]), TTL, within(ms));
  expect(await outcomeOf(enqueue(200))).toBe("ABORTED");
  expect(await queues.tracking?.counts("m", within(10 * SECOND))).toEqual({ pending: 0, delivered: 0, failed: 0 });
  const enqueued = enqueue(60_000);
  holder.tell("go on");
  expect(await enqueued).toEqual([]);
  expect((await waiting).map(({ message: { id } }) => id)).toEqual(["m"]);
  await expect.poll(async () => (await queues.tracking?.counts("m", within(10 * SECOND)))?.pending, SOON).toBe(1);
  expectSound();
});

/** Who waits in a dequeue, beside everything else. */

import { join } from "node:path";
import { freshNamespace, numbered, outcomeOf, SOON, within } from "@muster/testing";
import { ack, message, take, targets, TTL } from "@muster/testing/durability";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sqliteFile } from "../../src/index.ts";
import { type Folder, freshFolder } from "../support.ts";
import { openedQueues, type Queues, SECOND } from "./support.ts";

const PATIENTLY = { max: 10, maxPerIdentity: 10, waitMs: 60_000, leaseMs: 60_000 };

let folder: Folder;
let queues: Queues;

beforeAll(async () => {
  folder = await freshFolder();
  queues = await openedQueues({ file: sqliteFile({ path: join(folder.path, "fleet.db") }) });
});

afterAll(async () => {
  await queues.close();
  await folder[Symbol.asyncDispose]();
});

/** What comes of a wait, as `id for identity`. */
const waitFor = async (session: string, call = within(60 * SECOND)): Promise<readonly string[]> => {
  const leased = await queues.dequeue(session, PATIENTLY, call);
  return leased.flatMap(({ message: { id }, recipients }) => recipients.map(({ identity }) => `${id} for ${identity}`));
};

test("many wait at once, each for its own, and what is asked meanwhile is answered", async () => {
  const names = numbered(20, "many");
  for (const name of names) await queues.attachMany(name, targets([name]), within(20 * SECOND));
  const waits = names.map(async (name) => waitFor(name));
  expect(await queues.tracking?.counts("nothing", within(20 * SECOND))).toMatchObject({ pending: 0 });
  const id = freshNamespace();
  await queues.enqueueMany(message(id), targets(names), TTL, within(20 * SECOND));
  expect(await Promise.all(waits)).toEqual(names.map((name) => [`${id} for ${name}`]));
});

test("who finds only what is past its TTL goes on waiting", async () => {
  const call = within(40 * SECOND);
  const [old, young] = [freshNamespace(), freshNamespace()];
  await queues.enqueueMany(message(old), targets(["e"]), { ttlMs: 1 }, call);
  await expect.poll(async () => queues.tracking?.counts(old, call), SOON).toMatchObject({ failed: 1 });
  const waiting = waitFor("expired");
  await queues.attachMany("expired", targets(["e"]), call);
  await queues.enqueueMany(message(young), targets(["e"]), TTL, call);
  expect(await waiting).toEqual([`${young} for e`]);
});

test("who has given up takes nothing, at whatever moment that was", async () => {
  await queues.attachMany("fickle", targets(["f"]), within(20 * SECOND));
  for (let round = 0; round < 20; round += 1) {
    const caller = new AbortController();
    const waiting = outcomeOf(waitFor("fickle", { signal: caller.signal }));
    const id = freshNamespace();
    const enqueued = queues.enqueueMany(message(id), targets(["f"]), TTL, within(20 * SECOND));
    if (round % 2 === 0) await enqueued;
    caller.abort();
    const outcome = await waiting;
    await enqueued;
    // Begun before it was given up, it may have been leased: then whoever gave up is told so.
    if (outcome === "ABORTED") expect((await take(queues, "fickle")).map((one) => one.id)).toEqual([id]);
    else expect(["fine", "ABORTED?"]).toContain(outcome);
    await queues.detachMany("fickle", ["f"], within(20 * SECOND));
    await queues.attachMany("fickle", targets(["f"]), within(20 * SECOND));
    await ack(queues, await take(queues, "fickle"));
  }
});

import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { NODE_ADDRESS_PREFIX } from "../../src/wire/addresses.ts";
import type { Content } from "../../src/wire/message-frame.ts";
import type { Parcel } from "../../src/sending/grouping.ts";
import { Publisher } from "../../src/sending/publisher.ts";
import { Tally } from "../../src/sending/report.ts";
import {
  type BatchFailure,
  type Call,
  type MessagingBackend,
  MusterError,
  type Outgoing,
  rowsOf,
} from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";
import { CALL, openMessaging } from "../support/world.ts";

const NOBODY = `${NODE_ADDRESS_PREFIX}nobody`;

interface Watched {
  readonly messaging: MessagingBackend;
  readonly batches: { readonly messages: number; readonly bytes: number }[];
  inFlight: number;
  most: number;
}

async function watched(maxBatch: number, wait: (call: Call) => Promise<void> = async () => {}): Promise<Watched> {
  const watch: Watched = {
    batches: [],
    inFlight: 0,
    most: 0,
    messaging: interposed(await openMessaging(memoryHub()), {
      traits: (traits) => ({ ...traits, maxBatch }),
      columns: () => undefined,
      publishMany: (original) => async (batch, call) => {
        watch.batches.push({
          messages: batch.length,
          bytes: batch.reduce((sum, { body }) => sum + body.byteLength, 0),
        });
        watch.inFlight += 1;
        watch.most = Math.max(watch.most, watch.inFlight);
        await new Promise(setImmediate);
        await wait(call);
        watch.inFlight -= 1;
        return original(batch, call);
      },
    }),
  };
  return watch;
}

test("batches keep to the slot's limit, and never more than two are in flight", async () => {
  const watch = await watched(7);
  const tally = new Tally();
  const publisher = new Publisher(watch.messaging, content(10), tally, CALL);
  for (let index = 0; index < 100; index += 1) publisher.addParcel(parcel(`id-${index}`));
  await publisher.finish();
  expect(watch.batches.map(({ messages }) => messages)).toEqual([...Array.from({ length: 14 }, () => 7), 2]);
  expect(watch.most).toBe(2);
  expect(tally.report("m", undefined)).toMatchObject({ targetCount: 100, failedCount: 100 });
});

test("large payloads make small batches", async () => {
  const watch = await watched(1_000);
  const publisher = new Publisher(watch.messaging, content(400_000), new Tally(), CALL);
  for (let index = 0; index < 10; index += 1) publisher.addParcel(parcel(`id-${index}`, 400_000));
  await publisher.finish();
  expect(watch.batches.map(({ messages }) => messages)).toEqual([3, 3, 3, 1]);
});

test("publishing waits for room while two batches are not answered", async () => {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const watch = await watched(1, () => answered);
  const publisher = new Publisher(watch.messaging, content(10), new Tally(), CALL);
  let isTaken = false;
  for (const identity of ["a", "b", "c"]) publisher.addParcel(parcel(identity));
  const publishing = publisher.publish().then(() => {
    isTaken = true;
  });
  await eventually("two are in flight", () => watch.inFlight === 2);
  await new Promise(setImmediate);
  expect(isTaken).toBe(false);
  answer();
  await publishing;
  await publisher.finish();
  expect(watch.batches).toHaveLength(3);
});

test("after a stop nothing is published, and everyone left has failed with that code", async () => {
  const watch = await watched(1);
  const tally = new Tally();
  const publisher = new Publisher(watch.messaging, content(10), tally, CALL);
  publisher.stop(new MusterError({ code: "ABORTED", source: "test", message: "enough", detail: {} }));
  for (const identity of ["a", "b"]) publisher.addParcel(parcel(identity));
  await publisher.finish();
  expect(publisher.hasStarted).toBe(false);
  expect(watch.batches).toEqual([]);
  expect(tally.report("m", undefined).statuses.map(({ code }) => code)).toEqual(["ABORTED", "ABORTED"]);
});

test("what ends while a batch is being encoded keeps the whole batch from leaving", async () => {
  const watch = await watched(1_000);
  const tally = new Tally();
  const controller = new AbortController();
  const publisher = new Publisher(watch.messaging, content(10), tally, { signal: controller.signal });
  const identities = Array.from({ length: 1_000 }, (_, index) => `id-${index}`);
  for (let index = 0; index < 100; index += 1) {
    publisher.addParcel({ address: NOBODY, identities, epochs: identities.map(() => 1), bytes: 10_000 });
  }
  publisher.flush();
  controller.abort();
  await publisher.finish();
  expect(watch.batches).toEqual([]);
  expect(tally.report("m", undefined)).toMatchObject({ targetCount: 100_000, failedCount: 100_000 });
});

test("a slot that reports failures it has no messages for makes no recipient count twice", async () => {
  const stray = new MusterError({ code: "NO_ROUTE", source: "test", message: "gone" });
  const messaging = interposed(await openMessaging(memoryHub()), {
    columns: () => undefined,
    publishMany: () => async () => [
      { index: 0, error: stray },
      { index: 0, error: stray },
      { index: 9, error: stray },
    ],
  });
  const tally = new Tally();
  const publisher = new Publisher(messaging, content(10), tally, CALL);
  for (const identity of ["a", "b"]) publisher.addParcel(parcel(identity));
  await publisher.finish();
  expect(tally.report("m", undefined)).toMatchObject({ targetCount: 2, deliveredCount: 1, failedCount: 1 });
});

test("failures are told of those they are about, whoever has a message of his own and whoever shares one", async () => {
  const gone = new MusterError({ code: "NO_ROUTE", source: "test", message: "gone" });
  const lost = new MusterError({ code: "UNAVAILABLE", source: "test", message: "lost", mayHaveApplied: true });
  const published: (readonly string[])[] = [];
  const refused = (addresses: readonly string[], error: MusterError): readonly BatchFailure[] => {
    published.push(addresses);
    return [{ index: 1, error }];
  };
  const messaging = interposed(await openMessaging(memoryHub()), {
    columns: () => ({ publishMany: async ({ addresses }) => refused(addresses, gone) }),
    publishMany: () => async (batch) =>
      refused(
        batch.map(({ address }) => address),
        lost,
      ),
  });
  const tally = new Tally();
  const publisher = new Publisher(messaging, content(10), tally, CALL);
  publisher.addParcel({ ...parcel("first"), identities: ["first", "second"], epochs: [7, 8] });
  publisher.addSingles([
    ["a", "b"],
    [1, 2],
    ["own-a", "own-b"],
  ]);
  publisher.addParcel({ ...parcel("third"), identities: ["third", "fourth"], epochs: [9, 10] });
  await publisher.finish();
  expect(published).toEqual([
    ["own-a", "own-b"],
    [NOBODY, NOBODY],
  ]);
  const { statuses, deliveredCount } = tally.report("m", undefined);
  expect(deliveredCount).toBe(3);
  expect(statuses.map(({ identity, status, code }) => [identity, status, code])).toEqual([
    ["b", "failed", "NO_ROUTE"],
    ["third", "timeout", "INDETERMINATE"],
    ["fourth", "timeout", "INDETERMINATE"],
  ]);
});

test("whoever has an address of his own gets the payload as it is, under headers that name him, by column or not", async () => {
  const sent = content(10);
  const ways: (readonly Outgoing[])[] = [];
  const take = (rows: readonly Outgoing[]): readonly BatchFailure[] => {
    ways.push(rows);
    return [];
  };
  const plain = await openMessaging(memoryHub());
  for (const messaging of [
    interposed(plain, { columns: () => undefined, publishMany: () => async (batch) => take(batch) }),
    interposed(plain, { columns: () => ({ publishMany: async (batch) => take(rowsOf(batch)) }) }),
  ]) {
    const tally = new Tally();
    const publisher = new Publisher(messaging, sent, tally, CALL);
    publisher.addSingles([
      ["a", "b"],
      [7, 8],
      ["own-a", "own-b"],
    ]);
    await publisher.finish();
    expect(tally.report("m", undefined)).toMatchObject({ targetCount: 2, deliveredCount: 2 });
  }
  const headers = { "muster-version": "1", "muster-id": "m", "muster-sent-at": "0", "content-type": "text/plain" };
  const rows = [
    { address: "own-a", headers: { ...headers, "muster-identity": "a", "muster-epoch": "7" }, body: sent.payload },
    { address: "own-b", headers: { ...headers, "muster-identity": "b", "muster-epoch": "8" }, body: sent.payload },
  ];
  expect(ways).toEqual([rows, rows]);
});

function parcel(identity: string, bytes = 100): Parcel {
  return { address: NOBODY, identities: [identity], epochs: [1], bytes };
}

function content(payloadBytes: number): Content {
  return { id: "m", contentType: "text/plain", sentAt: 0, payload: new Uint8Array(payloadBytes) };
}

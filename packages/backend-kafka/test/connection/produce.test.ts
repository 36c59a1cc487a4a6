import { createRequire } from "node:module";
import fc from "fast-check";
import { assert, describe, test } from "vitest";
import { encodeBatch, type NewRecord, NO_HEADERS } from "../../src/connection/batch-encoding.ts";
import { batchesIn } from "../../src/connection/record-batches.ts";
import { produce } from "../../src/connection/produce.ts";
import { serverSettingsOf } from "../../src/options.ts";

interface Encoder {
  readonly buffer: Buffer;
}

const load = createRequire(import.meta.url);
const { RecordBatch } = load("kafkajs/src/protocol/recordBatch/v0/index.js") as {
  RecordBatch: (batch: object) => Promise<Encoder>;
};
const Record = load("kafkajs/src/protocol/recordBatch/record/v0/index.js") as (record: object) => Encoder;
const driversRequest = load("kafkajs/src/protocol/requests/produce/v7/request.js") as (args: object) => {
  encode(): Promise<Encoder>;
};

const NOW = 1_700_000_000_000;
/** Where the driver writes other numbers, none of which means anything without one that a producer was given. */
const LEADER_EPOCH = [12, 16] as const;
const CHECKSUM = [17, 21] as const;
const PRODUCER_EPOCH_AND_SEQUENCE = [51, 57] as const;

const bytes = fc.uint8Array({ maxLength: 300 }).map((part) => Buffer.from(part));
const text = fc.string({ unit: "grapheme", maxLength: 80 });
const records: fc.Arbitrary<readonly NewRecord[]> = fc.array(
  fc.record({
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.oneof(
      fc.constant(NO_HEADERS),
      fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,70}$/), text, { maxKeys: 12 }),
    ),
  }),
  { minLength: 1, maxLength: 100 },
);

/** As the driver writes it, but for the numbers that nobody has given out, and the checksum over them. */
function withoutNumbers(batch: Buffer): Buffer {
  const copy = Buffer.from(batch);
  for (const [from, to] of [LEADER_EPOCH, CHECKSUM, PRODUCER_EPOCH_AND_SEQUENCE]) copy.fill(0, from, to);
  return copy;
}

async function driversBatch(all: readonly NewRecord[]): Promise<Buffer> {
  const written = all.map((record, offsetDelta) => Record({ ...record, offsetDelta, timestampDelta: 0 }));
  const times = { firstTimestamp: NOW, maxTimestamp: NOW };
  const batch = await RecordBatch({ records: written, ...times, lastOffsetDelta: all.length - 1 });
  return batch.buffer;
}

describe("a batch", () => {
  test("is what the driver makes of it", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const batch = Buffer.concat(await encodeBatch(all, 0, NOW));
        assert.deepEqual(withoutNumbers(batch), withoutNumbers(await driversBatch(all)));
      }),
    );
  });

  test("that is compressed holds the same records", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const [plain] = await batchesIn(Buffer.concat(await encodeBatch(all, 0, NOW)));
        const [compressed] = await batchesIn(Buffer.concat(await encodeBatch(all, 1, NOW)));
        assert.deepEqual(compressed, plain);
      }),
    );
  });
});

test("a request is the driver's, but for those numbers", async () => {
  const settings = serverSettingsOf({ requestTimeoutMs: 1_234 });
  const batches = [3, 7].map((partition) => ({
    partition,
    records: [
      { key: Buffer.from("k"), value: Buffer.from(`v${partition}`), headers: { "content-type": "text/plain" } },
    ],
  }));
  let written: Buffer | undefined;
  const answer = { partition: 3, errorCode: 0, baseOffset: "9" };
  const appended = await produce(
    async (api, _, own) => {
      assert.equal(api, "Produce");
      written = await own?.writing?.(7);
      return { topics: [{ partitions: [answer] }] };
    },
    "a.topic",
    batches,
    settings,
  );
  assert.deepEqual(appended, [answer]);
  const partitions = batches.map(({ partition, records: messages }) => ({ partition, messages }));
  const args = { acks: -1, timeout: 1_234, topicData: [{ topic: "a.topic", partitions }] };
  const { buffer } = await driversRequest(args).encode();
  const headBytes = 2 + 2 + 4 + 4 + 2 + "a.topic".length + 4;
  assert.deepEqual(written?.subarray(0, headBytes + 8), buffer.subarray(0, headBytes + 8));
  assert.equal(written?.length, buffer.length);
});

import { createRequire } from "node:module";
import fc from "fast-check";
import { assert, describe, test } from "vitest";
import { readFetchAnswer } from "../../src/connection/fetch-answer.ts";
import { type Batch, batchesIn, RecordCursor } from "../../src/connection/record-batches.ts";

interface Encoder {
  readonly buffer: Buffer;
}

interface Written {
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

const load = createRequire(import.meta.url);
// What the driver writes batches with.
const { RecordBatch } = load("kafkajs/src/protocol/recordBatch/v0/index.js") as {
  RecordBatch: (batch: object) => Promise<Encoder>;
};
const Record = load("kafkajs/src/protocol/recordBatch/record/v0/index.js") as (record: object) => Encoder;

async function batchOf(
  records: readonly Written[],
  { firstOffset = 0, compression = 0, gap = 0 } = {},
): Promise<Buffer> {
  const written = records.map(({ key, value, headers }, index) =>
    Record({
      ...{ offsetDelta: index, timestampDelta: index * 1_000, headers },
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }),
  );
  const batch = await RecordBatch({
    ...{
      compression,
      firstOffset,
      records: written,
      firstTimestamp: 1_700_000_000_000,
      maxTimestamp: 1_700_000_100_000,
    },
    lastOffsetDelta: records.length - 1 + gap,
  });
  return batch.buffer;
}

function readAll(batch: Batch): readonly (Written & { readonly offset: number })[] {
  const cursor = new RecordCursor(batch);
  const all: (Written & { readonly offset: number })[] = [];
  while (cursor.next()) {
    const { offset, key } = cursor;
    if (all.length % 3 === 2) all.push({ offset, key: key ?? null, value: null, headers: {} });
    else {
      const { value, headers } = cursor.read();
      all.push({ offset, key: key ?? null, value, headers: Object.fromEntries(headers) });
    }
  }
  return all;
}

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const written = fc.record({
  key: fc.option(text),
  value: fc.option(fc.uint8Array({ maxLength: 300 })),
  headers: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,70}$/), text, { maxKeys: 12 }),
});

describe("a batch", () => {
  test("is read as the driver wrote it, compressed or not, whether or not all of a record is read", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(written, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0, 1),
        fc.nat({ max: 2 ** 40 }),
        async (records, compression, firstOffset) => {
          const [batch] = await batchesIn(await batchOf(records, { firstOffset, compression }));
          assert.isDefined(batch);
          if (batch === undefined) return;
          assert.deepEqual([batch.lastOffset, batch.isControl], [firstOffset + records.length - 1, false]);
          const expected = records.map(({ key, value, headers }, index) => ({
            offset: firstOffset + index,
            key,
            ...(index % 3 === 2 ? { value: null, headers: {} } : { value: value ?? new Uint8Array(), headers }),
          }));
          assert.deepEqual(readAll(batch), expected);
        },
      ),
    );
  });

  test("whose last records are gone ends where it ended", async () => {
    const [batch] = await batchesIn(
      await batchOf([{ key: "a", value: null, headers: {} }], { firstOffset: 5, gap: 3 }),
    );
    assert.equal(batch?.lastOffset, 8);
  });

  test("that can't be read ends those before it, and is an error where there are none", async () => {
    const one = await batchOf([{ key: "a", value: null, headers: {} }]);
    for (const [codec, name] of [
      [2, "snappy"],
      [3, "lz4"],
      [4, "zstd"],
      [7, "number 7"],
    ] as const) {
      const other = Buffer.from(one);
      other.writeInt16BE(codec, 21);
      assert.lengthOf(await batchesIn(Buffer.concat([one, other])), 1);
      const error = await batchesIn(Buffer.concat([other, one])).then(String, String);
      assert.include(error, `${name} is not among the CompressionCodecs of kafkajs`);
    }
  });

  test("tells when each record was written, by its sender's clock or by that of the broker", async () => {
    const set = await batchOf(["a", "b", "c"].map((key) => ({ key, value: null, headers: {} })));
    const timesIn = async (bytes: Buffer): Promise<readonly number[]> => {
      const [batch] = await batchesIn(bytes);
      assert.isDefined(batch);
      if (batch === undefined) return [];
      const times: number[] = [];
      for (const cursor = new RecordCursor(batch); cursor.next(); ) times.push(cursor.timestamp);
      return times;
    };
    assert.deepEqual(await timesIn(set), [1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000]);
    set.writeInt16BE(0x08, 21);
    assert.deepEqual(await timesIn(set), [1_700_000_100_000, 1_700_000_100_000, 1_700_000_100_000]);
  });

  test("tells a value that is missing from one that is empty", async () => {
    const [batch] = await batchesIn(
      await batchOf([null, Uint8Array.of(), Uint8Array.of(7)].map((value) => ({ key: "a", value, headers: {} }))),
    );
    assert.isDefined(batch);
    if (batch === undefined) return;
    const values: (Buffer | null)[] = [];
    for (const cursor = new RecordCursor(batch); cursor.next(); ) values.push(cursor.readValue());
    assert.deepEqual(values, [null, Buffer.alloc(0), Buffer.from([7])]);
  });

  test("that has not come whole is left out, and those before it are not", async () => {
    const one = await batchOf([{ key: "a", value: null, headers: {} }]);
    const other = await batchOf([{ key: "b", value: null, headers: {} }], { firstOffset: 1 });
    const set = Buffer.concat([one, other]);
    for (let length = one.length; length < set.length; length += 1) {
      assert.lengthOf(await batchesIn(set.subarray(0, length)), 1);
    }
    assert.lengthOf(await batchesIn(set), 2);
    assert.lengthOf(await batchesIn(Buffer.alloc(0)), 0);
  });
});

test.for([4, 5, 7, 10, 11])(
  "an answer to a fetch, version %i: errors, partitions and their batches",
  async (version) => {
    const set = await batchOf([{ key: "a", value: Uint8Array.of(1), headers: {} }], { firstOffset: 9 });
    const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
    const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
    const partition = (number: number, error: number, records: Buffer): Buffer =>
      Buffer.concat([
        ...[int32(number), int16(error), Buffer.alloc(version >= 5 ? 24 : 16, 1)],
        ...[int32(1), Buffer.alloc(16, 2), version >= 11 ? int32(-1) : Buffer.alloc(0), int32(records.length), records],
      ]);
    const answer = Buffer.concat([
      ...[int32(0), version >= 7 ? Buffer.concat([int16(0), int32(0)]) : Buffer.alloc(0), int32(1)],
      ...[int16(3), Buffer.from("abc"), int32(2), partition(4, 0, set), partition(7, 6, Buffer.alloc(0))],
    ]);
    const { errorCode, partitions } = await readFetchAnswer(answer, version);
    assert.deepEqual(
      [errorCode, ...partitions.map((one) => [one.topic, one.partition, one.errorCode, one.batches.length])],
      [0, ["abc", 4, 0, 1], ["abc", 7, 6, 0]],
    );
    assert.equal(partitions[0]?.batches[0]?.baseOffset, 9);
  },
);

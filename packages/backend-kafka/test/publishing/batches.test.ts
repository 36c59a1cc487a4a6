import fc from "fast-check";
import type { Outgoing } from "@muster/core/slots";
import { assert, describe, test } from "vitest";
import { bytesOf, recordOf } from "../../src/codec.ts";
import { partitionOf } from "../../src/keys.ts";
import { type RecordBatch, requestsOf, roundsOf } from "../../src/publishing/batches.ts";

const MAX_BYTES = 2_000;
/** Partition 2 has no leader. */
const LEADERS = [1, 2, -1, 1];

const messages = fc.array(
  fc.record({
    address: fc.string({ minLength: 1, maxLength: 20 }),
    headers: fc.constant({ "muster-id": "m-1" }),
    body: fc.uint8Array({ maxLength: 700 }),
  }),
  { maxLength: 60 },
);

function batchesOf(all: readonly Outgoing[]): readonly { leader: number; round: number; batch: RecordBatch }[] {
  return [...roundsOf(all, LEADERS, MAX_BYTES)].flatMap(([leader, rounds]) =>
    rounds.flatMap((batches, round) => batches.map((batch) => ({ leader, round, batch }))),
  );
}

describe("what goes where", () => {
  test("every message is in one batch, of its own partition, at whoever leads it", () => {
    fc.assert(
      fc.property(messages, (all) => {
        const batches = batchesOf(all);
        const places = batches.flatMap(({ batch }) => batch.places).toSorted((a, b) => a - b);
        assert.deepEqual(places, [...all.keys()]);
        for (const { leader, batch } of batches) {
          assert.equal(leader, LEADERS[batch.partition]);
          for (const place of batch.places) {
            assert.equal(partitionOf(Buffer.from(all[place]?.address ?? ""), LEADERS.length), batch.partition);
          }
        }
      }),
    );
  });

  test("a partition has one batch in a round, in the order in which its messages were handed in", () => {
    fc.assert(
      fc.property(messages, (all) => {
        for (const partition of LEADERS.keys()) {
          const own = batchesOf(all).filter(({ batch }) => batch.partition === partition);
          assert.deepEqual(
            own.map(({ round }) => round),
            [...own.keys()],
          );
          const places = own.flatMap(({ batch }) => batch.places);
          assert.deepEqual(
            places,
            places.toSorted((a, b) => a - b),
          );
        }
      }),
    );
  });

  test("no batch is larger than may be, unless it is one record", () => {
    fc.assert(
      fc.property(messages, (all) => {
        for (const { batch } of batchesOf(all)) {
          const bytes = batch.records.reduce((sum, record) => sum + bytesOf(record), 0);
          assert.isTrue(bytes < MAX_BYTES || batch.records.length === 1);
        }
      }),
    );
  });

  test("a round is asked for in requests, of which each but the last is worth its while", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 80_000 })), (sizes) => {
        const round = sizes.map((bytes, partition) => ({ partition, records: [], places: [], bytes }));
        const requests = requestsOf(round);
        assert.deepEqual(requests.flat(), round);
        for (const request of requests) {
          const bytes = request.reduce((sum, batch) => sum + batch.bytes, 0);
          assert.isTrue(bytes >= 65_536 || request === requests.at(-1));
          assert.isTrue(bytes - (request.at(-1)?.bytes ?? 0) < 65_536);
        }
      }),
    );
  });

  test("a record is as its message: key, value without a copy, headers", () => {
    const body = Uint8Array.from([0, 1, 2, 3]).subarray(1, 3);
    const { key, value, headers } = recordOf({ address: "\u00e9", headers: { a: "b" }, body });
    assert.deepEqual([key.toString(), [...value], headers], ["\u00e9", [1, 2], { a: "b" }]);
    assert.equal(value.buffer, body.buffer);
  });
});

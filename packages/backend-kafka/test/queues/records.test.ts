import fc from "fast-check";
import { assert, describe, test } from "vitest";
import { bytesOf, decodeFrame, encodeFrame, type Frame } from "../../src/queues/frames.ts";
import { decodeRecord, encodeRecord, keyOf, type PositionRecord } from "../../src/queues/position-records.ts";
import { roundsOf } from "../../src/queues/rounds.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const natural = fc.nat();
const recipients = fc.array(fc.record({ identity: text, epoch: natural }), { maxLength: 5 });
const frames: fc.Arbitrary<Frame> = fc.record({
  message: fc.record({
    id: text,
    contentType: text,
    sentAt: natural,
    guarantee: fc.constantFrom("at-least-once" as const, "exactly-once" as const),
    replyTo: fc.option(text, { nil: undefined }),
    payload: fc.uint8Array(),
  }),
  expiresAt: natural,
  rank: natural,
  generation: fc.option(text, { nil: undefined }),
  recipients,
});
const progress = {
  position: fc.integer(),
  settled: fc.array(natural),
  attempts: fc.array(fc.record({ offset: natural, attempts: natural, dueAt: natural })),
};
const records: fc.Arbitrary<PositionRecord> = fc.oneof(
  fc.record({
    kind: fc.constant("state" as const),
    ...{
      identity: text,
      epoch: natural,
      tag: text,
      seal: text,
      unclean: natural,
      isDetached: fc.boolean(),
      reset: text,
    },
    attachedAt: fc.option(natural, { nil: undefined }),
    ...progress,
  }),
  fc.record({ kind: fc.constant("drop" as const), identity: text, epoch: natural }),
  fc.record({
    kind: fc.constant("redrive" as const),
    ...{ identity: text, messageId: text, generation: text, offset: natural, expiresAt: natural },
  }),
  fc.record({ kind: fc.constant("reset" as const), id: text }),
);

describe("records", () => {
  test("a message is read as it was written, to the byte", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const read = decodeFrame(encodeFrame(frame)) ?? assert.fail("it is one");
        const { payload, ...message } = read.message;
        const { payload: given, ...expected } = frame.message;
        assert.deepEqual([...payload], [...given]);
        assert.deepEqual({ ...read, message }, { ...frame, message: expected });
      }),
    );
  });

  test("a recipient takes no more bytes than is reckoned", () => {
    fc.assert(
      fc.property(frames, text, natural, (frame, identity, epoch) => {
        const more = encodeFrame({ ...frame, recipients: [...frame.recipients, { identity, epoch }] }).length;
        assert.isAtMost(more - encodeFrame(frame).length, bytesOf({ identity, epoch }));
      }),
    );
  });

  test("a position is read as it was written, with its ticket", () => {
    fc.assert(
      fc.property(records, text, (record, ticket) => {
        const key = keyOf(record);
        assert.deepEqual(decodeRecord(key, encodeRecord(record, ticket)), { key, record, ticket });
      }),
    );
  });

  test("what somebody else has written is nobody's", () => {
    for (const bytes of ["", "x", "\u0001", "{}", "[1]"]) {
      assert.isUndefined(decodeFrame(Buffer.from(bytes)));
      assert.isUndefined(decodeRecord(bytes, bytes));
    }
    assert.isUndefined(decodeFrame(null));
  });

  test("what is too much for one batch goes in several, of each shard in order", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ shard: fc.nat(3), bytes: fc.integer({ min: 1, max: 12 }) })), (items) => {
        const rounds = roundsOf(items, { shard: ({ shard }) => shard, bytes: ({ bytes }) => bytes }, 10);
        for (const round of rounds)
          for (const some of round.values())
            assert.isTrue(some.length === 1 || some.reduce((sum, { bytes }) => sum + bytes, 0) <= 10);
        for (const shard of [0, 1, 2, 3])
          assert.deepEqual(
            rounds.flatMap((round) => round.get(shard) ?? []),
            items.filter((item) => item.shard === shard),
          );
      }),
    );
  });
});

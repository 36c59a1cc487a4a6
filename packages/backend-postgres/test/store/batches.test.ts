import { MusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { type Answer, type Batch, sendBatch } from "../../src/store/batches.ts";

const CALL = { signal: new AbortController().signal, operation: "setMany" };

function batchOf(
  count: number,
  send: (items: readonly number[]) => readonly Answer<string>[] | Promise<never>,
  length = 1,
): Batch<number, string> {
  return {
    items: Array.from({ length: count }, (_, n) => n),
    lengthOf: () => length,
    send: async (items) => send(items),
  };
}

const answered = (items: readonly number[]): readonly Answer<string>[] => items.map((n, at) => [at, `of ${n}`]);

test("a batch of none sends nothing", async () => {
  expect(
    await sendBatch(
      batchOf(0, () => Promise.reject(new Error("sent"))),
      CALL,
    ),
  ).toEqual([]);
});

test("a large one is sent in parts of a thousand, and outcomes keep their order", async () => {
  const sizes: number[] = [];
  const outcomes = await sendBatch(
    batchOf(2_500, (items) => {
      sizes.push(items.length);
      return answered(items).toReversed();
    }),
    CALL,
  );
  expect(sizes).toEqual([1_000, 1_000, 500]);
  expect(outcomes).toEqual(Array.from({ length: 2_500 }, (_, n) => `of ${n}`));
});

test("long items are sent a few at a time, and one that is longer alone", async () => {
  const sizes: number[] = [];
  const send = (items: readonly number[]): readonly Answer<string>[] => {
    sizes.push(items.length);
    return answered(items);
  };
  await sendBatch(batchOf(5, send, 2_000_000), CALL);
  await sendBatch(batchOf(2, send, 9_000_000), CALL);
  expect(sizes).toEqual([2, 2, 1, 1, 1]);
});

test("what got no answer is asked again, until it has one", async () => {
  let round = 0;
  const outcomes = await sendBatch(
    batchOf(4, (items) => {
      round += 1;
      return answered(items).filter((_, at) => at % 2 === 0 || round > 2);
    }),
    CALL,
  );
  expect(outcomes).toEqual(["of 0", "of 1", "of 2", "of 3"]);
});

test("a refusal behind something applied says that it may have been", async () => {
  const refusal = new MusterError({ code: "UNAVAILABLE", source: "postgres.setMany", message: "full" });
  const failing = (after: number): Batch<number, string> => {
    let sent = 0;
    return batchOf(2_000, (items) => {
      sent += 1;
      return sent > after ? Promise.reject(refusal) : answered(items);
    });
  };
  await expect(sendBatch(failing(0), CALL)).rejects.toBe(refusal);
  await expect(sendBatch(failing(1), CALL)).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: true });
});

test("nothing more is sent once the call has ended", async () => {
  const caller = new AbortController();
  const batch = batchOf(2_000, (items) => {
    caller.abort();
    return answered(items);
  });
  await expect(sendBatch(batch, { signal: caller.signal, operation: "setMany" })).rejects.toMatchObject({
    mayHaveApplied: true,
  });
});

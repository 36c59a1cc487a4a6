import { isMusterError, MusterError } from "@muster/core/slots";
import { outcomeOf, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { MAX_ENTRIES, partsOf, sendParts } from "../../src/store/batches.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function unavailable(mayHaveApplied = false): MusterError {
  return new MusterError({ code: "UNAVAILABLE", source: "test", message: "full", mayHaveApplied });
}

describe("partsOf", () => {
  test("holds no more entries than a script takes, in order", () => {
    const parts = partsOf(numbers(501), () => 1);
    expect(parts.map(({ length }) => length)).toEqual([MAX_ENTRIES, MAX_ENTRIES, 1]);
    expect(parts.flat()).toEqual(numbers(501));
  });

  test.each([
    [1, 200],
    [4, 125],
    [8, 83],
    [5_000, 1],
  ])("holds fewer where there are %i indexes to keep: %i", (indexes, most) => {
    const parts = partsOf(numbers(most + 1), () => 1, indexes);
    expect(parts.map(({ length }) => length)).toEqual([most, 1]);
  });

  test("ends a part before it gets too long", () => {
    const parts = partsOf([200_000, 200_000, 200_000, 100_000], (length) => length);
    expect(parts).toEqual([
      [200_000, 200_000],
      [200_000, 100_000],
    ]);
  });

  test("gives what is too long alone a part of its own", () => {
    expect(partsOf([1, 900_000, 1], (length) => length)).toEqual([[1], [900_000], [1]]);
  });

  test("has no part for nothing", () => {
    expect(partsOf([], () => 1)).toEqual([]);
  });
});

describe("sendParts", () => {
  test("gives outcomes in the order of the parts, however they come back", async () => {
    const waiting: (() => void)[] = [];
    const all = sendParts([[1, 2], [3], [4]], "test", within(5_000), async (part) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      return part.map((n) => n * 10);
    });
    for (const answer of waiting.toReversed()) answer();
    expect(await all).toEqual([10, 20, 30, 40]);
  });

  test("sends nothing more once a part has failed", async () => {
    const sent: number[] = [];
    const parts = numbers(20).map((n) => [n]);
    const all = sendParts(parts, "test", within(5_000), async ([n = 0]) => {
      sent.push(n);
      throw unavailable();
    });
    expect(await outcomeOf(all)).toBe("UNAVAILABLE");
    expect(sent.length).toBeLessThan(parts.length);
  });

  test("says that something may have been applied when a later part was refused", async () => {
    const all = sendParts([[0], [1]], "test", within(5_000), async ([n = 0]) => {
      if (n === 1) throw unavailable();
      return [n];
    });
    const error: unknown = await all.catch((thrown: unknown) => thrown);
    expect(isMusterError(error, "UNAVAILABLE") && error.mayHaveApplied).toBe(true);
  });

  test("says that nothing was applied when every part was refused", async () => {
    const all = sendParts([[0], [1]], "test", within(5_000), async () => {
      throw unavailable();
    });
    expect(await outcomeOf(all)).toBe("UNAVAILABLE");
  });

  test("sends no further part of a call that has been given up", async () => {
    const caller = new AbortController();
    const sent: number[] = [];
    const parts = numbers(20).map((n) => [n]);
    const all = sendParts(parts, "test", { signal: caller.signal }, async ([n = 0]) => {
      sent.push(n);
      caller.abort();
      return [n];
    });
    expect(await outcomeOf(all)).toBe("ABORTED");
    expect(sent.length).toBeLessThan(parts.length);
  });
});

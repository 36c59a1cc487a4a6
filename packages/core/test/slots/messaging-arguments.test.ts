import { describe, expect, test } from "vitest";
import { addressFailures, checkOutgoing, checkPrefetch, isAddress, type Outgoing } from "../../src/slots/index.ts";

const LIMITS = { maxBatch: 2, maxPayloadBytes: 10 };

function outgoing(address: string, bytes = 0): Outgoing {
  return { address, headers: {}, body: new Uint8Array(bytes) };
}

describe("addresses", () => {
  test.for([
    ["a", true],
    ["x".repeat(256), true],
    ["\u{1f600}".repeat(64), true],
    [" ", true],
    ["", false],
    ["x".repeat(257), false],
    ["\u{1f600}".repeat(65), false],
    ["a\nb", false],
    ["\u007f", false],
    ["\u0085", false],
    ["\ud800", false],
    ["a\udc00b", false],
  ] as const)("%j is one: %s", ([text, is]) => {
    expect(isAddress(text)).toBe(is);
  });

  test("those that are none fail, each at its index", () => {
    const failures = addressFailures(["a", "", "b", "\0"], "test.addMany");
    expect(failures.map(({ index, error }) => [index, error.code])).toEqual([
      [1, "INVALID_ARGUMENT"],
      [3, "INVALID_ARGUMENT"],
    ]);
  });
});

test("a batch that is too long, an address that is none and a body that is too large are refused", () => {
  const checking =
    (...batch: readonly Outgoing[]) =>
    () =>
      checkOutgoing(batch, LIMITS, "test");
  expect(checking(outgoing("a"), outgoing("b", 10))).not.toThrow();
  expect(checking(outgoing("a"), outgoing("b"), outgoing("c"))).toThrow(/^\[INVALID_ARGUMENT\] test\.publishMany/u);
  expect(checking(outgoing("a"), outgoing(""))).toThrow(/^\[INVALID_ARGUMENT\] test\.publishMany/u);
  expect(checking(outgoing("a", 11))).toThrow(/^\[PAYLOAD_TOO_LARGE\] test\.publishMany "a"/u);
});

test.each([
  [1, true],
  [0, false],
  [Number.NaN, false],
])("an inbox with room for %d: %s", (prefetch, is) => {
  const checking = (): void => checkPrefetch(prefetch, "test");
  if (is) expect(checking).not.toThrow();
  else expect(checking).toThrow(/^\[INVALID_ARGUMENT\] test\.openInbox/u);
});

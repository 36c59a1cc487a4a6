import { describe, expect, test } from "vitest";
import { checkEntries, checkPageSize, checkRecord, isMusterError, type SetEntry } from "../../src/slots/index.ts";

const LIMITS = { maxIdentityBytes: 8, maxSessionBytes: 4 };

function entry(changes: Partial<SetEntry> = {}): SetEntry {
  const nothing = { ttlMs: undefined, session: undefined, address: undefined, sessionBound: false } as const;
  return { identity: "a", metadata: {}, attempt: "1", mode: "create", ...nothing, ...changes };
}

function refusal(check: () => void): unknown {
  try {
    check();
    return "nothing";
  } catch (error) {
    return isMusterError(error) ? [error.code, error.message] : error;
  }
}

describe("entries", () => {
  test.each<[string, Partial<SetEntry>]>([
    ["the longest identity", { identity: "é".repeat(4) }],
    ["an identity of control characters", { identity: "\n" }],
    ["the longest session", { session: "1234" }],
    ["an address of any length", { address: "a".repeat(1_000) }],
  ])("%s is fine", (_, changes) => {
    expect(refusal(() => checkEntries([entry(changes)], LIMITS, "test"))).toBe("nothing");
  });

  test.each<[string, Partial<SetEntry>, string]>([
    ["no identity", { identity: "" }, "INVALID_IDENTITY"],
    ["an identity that is too long in bytes", { identity: "é".repeat(5) }, "INVALID_IDENTITY"],
    ["a NUL in an identity", { identity: "a\0" }, "INVALID_IDENTITY"],
    ["no session", { session: "" }, "INVALID_ARGUMENT"],
    ["no address", { address: "" }, "INVALID_ARGUMENT"],
    ["a NUL in a session", { session: "\0" }, "INVALID_ARGUMENT"],
    ["a NUL in an address", { address: "\0" }, "INVALID_ARGUMENT"],
    ["a NUL in an attempt", { attempt: "\0" }, "INVALID_ARGUMENT"],
    ["a session that is too long", { session: "12345" }, "INVALID_ARGUMENT"],
  ])("%s is refused, by the name of the backend", (_, changes, code) => {
    const error = refusal(() => checkEntries([entry({ identity: "b" }), entry(changes)], LIMITS, "test"));
    expect(error).toEqual([code, expect.stringMatching(/^\[[A-Z_]+\] test\.setMany /u)]);
  });

  test("a session may be as long as it likes where nothing is said of it", () => {
    const long = entry({ session: "s".repeat(10_000) });
    expect(refusal(() => checkEntries([long], { maxIdentityBytes: 8 }, "test"))).toBe("nothing");
  });

  test.each<[string, Partial<SetEntry>]>([
    ["identity", { identity: "a!" }],
    ["session", { session: "s!" }],
    ["address", { address: "a!" }],
    ["attempt", { attempt: "1!" }],
  ])("an %s that the store can't hold is refused, with what it can", (_, changes) => {
    const texts = { isOne: (text: string) => !text.includes("!"), words: " and no !" };
    const error = refusal(() => checkEntries([entry(changes)], { maxIdentityBytes: 8, texts }, "test"));
    expect(error).toEqual([expect.stringMatching(/^INVALID_/u), expect.stringContaining("and no !")]);
  });

  test("an identity twice in a batch is refused", () => {
    const twice = [entry(), entry({ identity: "b" }), entry({ attempt: "2" })];
    expect(refusal(() => checkEntries(twice, LIMITS, "test"))).toEqual([
      "INVALID_ARGUMENT",
      '[INVALID_ARGUMENT] test.setMany "a": an identity occurs once per batch',
    ]);
    expect(refusal(() => checkEntries([], LIMITS, "test"))).toBe("nothing");
  });
});

describe("records", () => {
  const limits = { maxRecordBytes: 1_000 };
  const longest = "é".repeat(Math.floor((1_000 - 128 - 2) / 2));

  test("one of as many bytes as there may be is fine, and one more is too large, which is told", () => {
    expect(refusal(() => checkRecord(entry(), longest, limits, "test"))).toBe("nothing");
    expect(refusal(() => checkRecord(entry(), `${longest}x`, limits, "test"))).toEqual([
      "PAYLOAD_TOO_LARGE",
      expect.stringContaining("at most 1000 bytes, not 1001"),
    ]);
  });

  test("session, address and attempt count", () => {
    for (const changes of [{ session: "s" }, { address: "s" }, { attempt: "12" }])
      expect(refusal(() => checkRecord(entry(changes), longest, limits, "test"))).toContain("PAYLOAD_TOO_LARGE");
  });
});

test.each([
  [1, "nothing"],
  [0.5, "INVALID_ARGUMENT"],
  [0, "INVALID_ARGUMENT"],
  [Number.NaN, "INVALID_ARGUMENT"],
])("a page of %d: %s", (size, expected) => {
  expect([refusal(() => checkPageSize(size, "test.scan"))].flat()[0]).toBe(expected);
});

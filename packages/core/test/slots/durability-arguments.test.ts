import { describe, expect, test } from "vitest";
import { durabilityChecks, type DurabilityLimits, queueFailure } from "../../src/slots/index.ts";

const LIMITS: DurabilityLimits = {
  maxPayloadBytes: 4,
  maxBatch: 2,
  minLeaseMs: 10,
  maxLeaseMs: 100,
  maxTtlMs: 1_000,
  maxIdentityBytes: 6,
  maxNameBytes: 6,
};
const checks = durabilityChecks("store", LIMITS);
const message = {
  id: "m",
  contentType: "text/plain",
  sentAt: 0,
  guarantee: "at-least-once",
  replyTo: undefined,
  payload: new Uint8Array(4),
} as const;
const target = (identity: string): { identity: string; epoch: number } => ({ identity, epoch: 1 });

describe("what is refused", () => {
  test.each([
    ["INVALID_ARGUMENT", () => checks.checkMessage({ ...message, id: "" }, "o")],
    ["INVALID_ARGUMENT", () => checks.checkMessage({ ...message, id: "a\0" }, "o")],
    ["PAYLOAD_TOO_LARGE", () => checks.checkMessage({ ...message, payload: new Uint8Array(5) }, "o")],
    ["INVALID_ARGUMENT", () => checks.checkTargets(["a", "b", "c"].map(target), "o")],
    ["INVALID_IDENTITY", () => checks.checkTargets([target("a"), target("äöüa")], "o")],
    ["INVALID_ARGUMENT", () => checks.checkTargets([target("a"), { identity: "b", epoch: -1 }], "o")],
    ["INVALID_ARGUMENT", () => checks.checkTarget({ identity: "a", epoch: 0.5 }, "o")],
    ["INVALID_ARGUMENT", () => checks.checkSession("", "o")],
    ["INVALID_ARGUMENT", () => checks.checkIdempotencyKey("too long", "o")],
    ["INVALID_ARGUMENT", () => checks.checkTtl(1_001, "o")],
    ["INVALID_ARGUMENT", () => checks.checkTtl(Number.NaN, "o")],
    ["INVALID_ARGUMENT", () => checks.checkDequeue({ max: 1, maxPerIdentity: 0, waitMs: 0, leaseMs: 10 })],
    ["INVALID_ARGUMENT", () => checks.checkLease(9, "o")],
  ])("is %s by %s", (code, check) => {
    expect(check).toThrow(expect.objectContaining({ code }));
  });

  test("is not what is just within the limits", () => {
    checks.checkMessage(message, "o");
    checks.checkTargets([target("äöü"), target("abcdef")], "o");
    checks.checkTarget({ identity: "a", epoch: 0 }, "o");
    checks.checkIdempotencyKey(undefined, "o");
    checks.checkTtl(1_000, "o");
    checks.checkDequeue({ max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 100 });
  });

  test("is also what a store can't hold", () => {
    const texts = { isOne: (text: string): boolean => text !== "x", words: ", and is not x" };
    const picky = durabilityChecks("store", { ...LIMITS, texts });
    expect(() => picky.checkIdentity("x", "o")).toThrow("an identity has 1 to 6 bytes, and is not x");
  });
});

test("an entry that nothing was done about is told with its code and whom it is about", () => {
  expect(queueFailure("FENCED", "store.settleMany", "ada")).toMatchObject({ code: "FENCED", subject: "ada" });
});

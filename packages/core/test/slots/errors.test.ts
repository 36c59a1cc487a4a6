import { describe, expect, test, vi } from "vitest";
import { type ErrorCode, isMusterError, MusterError, RETRYABLE } from "../../src/slots/index.ts";

describe("a MusterError", () => {
  test("says code, source, subject and what happened", () => {
    const error = new MusterError({
      code: "FENCED",
      source: "redis.setMany",
      subject: 'a "b"',
      message: "another life stands there",
    });
    expect(error.message).toBe('[FENCED] redis.setMany "a \\"b\\"": another life stands there');
    expect(error.name).toBe("MusterError");
  });

  test("leaves the subject out when it is about nothing in particular", () => {
    expect(new MusterError({ code: "CLOSED", source: "core.register", message: "it is closed" }).message).toBe(
      "[CLOSED] core.register: it is closed",
    );
  });

  test("carries its detail and its cause", () => {
    const cause = new Error("socket");
    const error = new MusterError({
      code: "QUOTA_EXCEEDED",
      source: "core.register",
      message: "full",
      detail: { limit: 5 },
      cause,
    });
    expect(error.detail.limit).toBe(5);
    expect(error.cause).toBe(cause);
    expect("cause" in new MusterError({ code: "CLOSED", source: "a.b", message: "c" })).toBe(false);
  });

  test("has not been applied unless it says so", () => {
    const init = { code: "TIMEOUT", source: "redis.setMany", message: "no answer" } as const;
    expect(new MusterError(init).mayHaveApplied).toBe(false);
    expect(new MusterError({ ...init, mayHaveApplied: true }).mayHaveApplied).toBe(true);
  });

  test("is retryable exactly when the slot was unavailable, slow or busy", () => {
    const retryable = Object.entries(RETRYABLE)
      .filter(([, can]) => can)
      .map(([code]) => code);
    expect(retryable.toSorted()).toEqual(["RATE_LIMITED", "TIMEOUT", "UNAVAILABLE"]);
    expect(new MusterError({ code: "UNAVAILABLE", source: "a.b", message: "c" }).retryable).toBe(true);
    expect(new MusterError({ code: "CONFLICT", source: "a.b", message: "c" }).retryable).toBe(false);
  });
});

describe("isMusterError", () => {
  const error: MusterError<ErrorCode> = new MusterError({ code: "NOT_FOUND", source: "a.b", message: "c" });

  test("narrows to the code it is asked for", () => {
    expect(isMusterError(error)).toBe(true);
    expect(isMusterError(error, "NOT_FOUND")).toBe(true);
    expect(isMusterError(error, "FENCED")).toBe(false);
  });

  test("recognises errors of another copy of the package", async () => {
    vi.resetModules();
    const other = await import("../../src/slots/errors.ts");
    expect(other.MusterError).not.toBe(MusterError);
    const foreign = new other.MusterError({ code: "FENCED", source: "a.b", message: "c" });
    expect(foreign).not.toBeInstanceOf(MusterError);
    expect(isMusterError(foreign, "FENCED")).toBe(true);
    expect(other.isMusterError(error)).toBe(true);
  });

  test.each([undefined, null, "FENCED", new Error("[FENCED]"), { code: "FENCED" }, () => 1])(
    "takes %s for none",
    (value) => {
      expect(isMusterError(value)).toBe(false);
    },
  );
});

import { expect, test } from "vitest";
import { backoffMs, retry } from "../../src/tasks/retry.ts";
import { linkCall, MusterError } from "../../src/slots/index.ts";
import { rejected } from "../support/codes.ts";

const unavailable = (mayHaveApplied = false): MusterError => {
  return new MusterError({ code: "UNAVAILABLE", source: "test.work", message: "down", mayHaveApplied });
};

test("work that fails retryably is tried again until it succeeds", async () => {
  using call = linkCall({}, 5_000, "test");
  let tries = 0;
  const result = await retry(call, "test", async () => {
    tries += 1;
    if (tries < 3) throw unavailable();
    return "done";
  });
  expect([result, tries]).toEqual(["done", 3]);
});

test("work that fails for good is tried once", async () => {
  using call = linkCall({}, 5_000, "test");
  let tries = 0;
  await rejected(
    "FENCED",
    retry(call, "test", () => {
      tries += 1;
      return Promise.reject(new MusterError({ code: "FENCED", source: "test.work", message: "no" }));
    }),
  );
  expect(tries).toBe(1);
});

test("at the deadline the last failure is the cause, and one try that may have applied is remembered", async () => {
  using call = linkCall({}, 60, "test");
  let tries = 0;
  const error = await rejected(
    "TIMEOUT",
    retry(call, "test", () => {
      tries += 1;
      return Promise.reject(unavailable(tries === 1));
    }),
  );
  expect(tries).toBeGreaterThan(1);
  expect(error.mayHaveApplied).toBe(true);
  expect(error.cause).toMatchObject({ code: "UNAVAILABLE" });
});

test("an aborted call is not tried at all", async () => {
  using call = linkCall({ signal: AbortSignal.abort() }, 5_000, "test");
  let tries = 0;
  await rejected(
    "ABORTED",
    retry(call, "test", async () => {
      tries += 1;
    }),
  );
  expect(tries).toBe(0);
});

test("what is thrown without a code is INTERNAL, with its cause", async () => {
  using call = linkCall({}, 5_000, "test");
  const cause = new TypeError("a bug");
  const error = await rejected(
    "INTERNAL",
    retry(call, "test", () => Promise.reject(cause)),
  );
  expect(error.cause).toBe(cause);
});

test("backoff has full jitter under a bound that doubles, up to two seconds", () => {
  for (let tries = 0; tries < 40; tries += 1) {
    const bound = Math.min(2_000, 25 * 2 ** tries);
    for (let sample = 0; sample < 50; sample += 1) {
      expect(backoffMs(tries)).toBeGreaterThanOrEqual(0);
      expect(backoffMs(tries)).toBeLessThanOrEqual(bound);
    }
  }
});

import { expect, test } from "vitest";
import { linkCall } from "../../src/slots/index.ts";
import { untilAborted } from "../../src/tasks/until-aborted.ts";

const CALL = { signal: new AbortController().signal };

test("work that finishes first gives its result or its error", async () => {
  expect(await untilAborted(Promise.resolve(5), CALL, "test")).toBe(5);
  await expect(untilAborted(Promise.reject(new Error("mine")), CALL, "test")).rejects.toThrow("mine");
});

test("a call that ends first stops waiting with its code, and the work goes on", async () => {
  const controller = new AbortController();
  using aborted = linkCall({ signal: controller.signal }, 60_000, "test");
  let finish: ((value: number) => void) | undefined;
  const work = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const waiting = untilAborted(work, aborted, "test");
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
  using late = linkCall({ timeoutMs: 1 }, 1, "test");
  await expect(untilAborted(work, late, "test")).rejects.toMatchObject({ code: "TIMEOUT" });
  finish?.(5);
  expect(await work).toBe(5);
});

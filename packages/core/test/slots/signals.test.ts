import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { abortedError, linkCall, OperationCall, throwIfAborted } from "../../src/slots/index.ts";
import { hasEnded, offEnd, onEnd } from "../../src/slots/signals.ts";
import { thrown } from "../support/codes.ts";

const SOURCE = "core.count";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a linked call", () => {
  test("ends with TIMEOUT after its own deadline", () => {
    using call = linkCall({ timeoutMs: 50 }, 10_000, SOURCE);
    vi.advanceTimersByTime(49);
    expect(call.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(thrown("TIMEOUT", () => throwIfAborted(call, "memory.scan")).message).toBe(
      "[TIMEOUT] memory.scan: the deadline passed",
    );
  });

  test("ends after the default deadline when it names none", () => {
    using call = linkCall({}, 100, SOURCE);
    vi.advanceTimersByTime(100);
    expect(abortedError(call, SOURCE).code).toBe("TIMEOUT");
  });

  test("ends with ABORTED when the caller gives up, whatever the reason", () => {
    const controller = new AbortController();
    using call = linkCall({ signal: controller.signal }, 100, SOURCE);
    throwIfAborted(call, SOURCE);
    controller.abort("enough");
    const error = thrown("ABORTED", () => throwIfAborted(call, "memory.scan"));
    expect(error.source).toBe("memory.scan");
    expect(error.cause).toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  test("has ended already when the caller's signal has", () => {
    using call = linkCall({ signal: AbortSignal.abort() }, 100, SOURCE);
    expect(call.signal.aborted).toBe(true);
  });

  test("leaves neither timer nor listener behind", () => {
    const { signal } = new AbortController();
    linkCall({ signal }, 100, SOURCE)[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("says whether the request may have left", () => {
    using call = linkCall({ signal: AbortSignal.abort() }, 100, SOURCE);
    expect(abortedError(call, SOURCE, true).mayHaveApplied).toBe(true);
    expect(abortedError(call, SOURCE).mayHaveApplied).toBe(false);
  });

  test("of a signal that many calls share leaves one listener on it, and none when the last has ended", () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 1_000 }, () => linkCall({ signal }, 100, SOURCE));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    for (const call of calls) call[Symbol.dispose]();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("ends with all that share its signal, except those disposed of before", () => {
    const controller = new AbortController();
    using first = linkCall({ signal: controller.signal }, 100, SOURCE);
    using over = linkCall({ signal: controller.signal }, 100, SOURCE);
    using last = linkCall({ signal: controller.signal }, 100, SOURCE);
    over[Symbol.dispose]();
    controller.abort();
    expect([first, over, last].map((call) => call.signal.aborted)).toEqual([true, false, true]);
  });

  test("leaves nothing on a signal that outlives 100,000 of them", () => {
    const { signal } = new AbortController();
    for (let count = 0; count < 100_000; count += 1) {
      using _call = linkCall({ signal }, 100, SOURCE);
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("tells who listens to the call or to its signal, once, and nobody who left", () => {
    const controller = new AbortController();
    using call = linkCall({ signal: controller.signal }, 100, SOURCE);
    const told: string[] = [];
    const leaver = (): void => void told.push("leaver");
    onEnd(call, leaver);
    onEnd(call, () => told.push("call"));
    call.signal.addEventListener("abort", () => told.push("signal"));
    offEnd(call, leaver);
    controller.abort();
    vi.advanceTimersByTime(100);
    expect(told.toSorted()).toEqual(["call", "signal"]);
    expect(hasEnded(call)).toBe(true);
  });
});

test("a signal that is a call by itself has one listener too, however many wait for its end", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: number[] = [];
  const listeners = Array.from({ length: 20 }, (_, number) => (): void => void told.push(number));
  for (const listener of listeners) onEnd({ signal }, listener);
  for (const listener of listeners.slice(2)) offEnd({ signal }, listener);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  controller.abort();
  expect(told).toEqual([0, 1]);
});

describe("a call of an operation", () => {
  test("ends with its origin, and has the signal of that", () => {
    const told: string[] = [];
    using origin = linkCall({ timeoutMs: 50 }, 10_000, SOURCE);
    const call = new OperationCall(new OperationCall(origin, "outer"), "scan");
    const leaver = (): number => told.push("left");
    onEnd(call, leaver);
    onEnd(call, () => told.push("stayed"));
    offEnd(call, leaver);
    vi.advanceTimersByTime(50);
    expect([told, hasEnded(call), abortedError(call, "memory.scan").code]).toEqual([["stayed"], true, "TIMEOUT"]);
    expect(call.signal).toBe(origin.signal);
    expect(call.operation).toBe("scan");
  });

  test("of a signal ends with it", () => {
    const controller = new AbortController();
    const call = new OperationCall({ signal: controller.signal }, "scan");
    expect(hasEnded(call)).toBe(false);
    controller.abort();
    expect(thrown("ABORTED", () => throwIfAborted(call, "memory.scan")).source).toBe("memory.scan");
  });
});

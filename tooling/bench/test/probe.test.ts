import { expect, test } from "vitest";
import { ownMs, Probe } from "../src/probe.ts";

test("the collector's pauses inside a stretch are not its own time, and those outside are nothing to it", () => {
  const pauses = [
    { startTime: 90, duration: 15 },
    { startTime: 120, duration: 10 },
    { startTime: 300, duration: 50 },
  ];
  expect(ownMs({ start: 100, end: 160, cpuMs: 1_000 }, pauses)).toBe(45);
});

test("a stretch in which the process had no core is no longer than the processor time it was given", () => {
  expect(ownMs({ start: 0, end: 80, cpuMs: 12 }, [])).toBe(12);
});

test("code that holds the event loop is seen as one stretch, also when it ends just before the watch does", async () => {
  const probe = new Probe();
  probe.start();
  const start = performance.now();
  while (performance.now() - start < 20) probe.sample();
  const { stretchMs, ownStretchMs, peak } = await probe.stop();
  expect(stretchMs).toBeGreaterThanOrEqual(20);
  expect(ownStretchMs).toBeLessThanOrEqual(stretchMs);
  expect(peak.rss).toBeGreaterThan(0);
});

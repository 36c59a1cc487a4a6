/** How long deliveries of a durable multicast take to be acknowledged: every one of them counts, however long it was. */

import { setTimeout as delay } from "node:timers/promises";
import { type Distribution, Histogram } from "../histogram.ts";
import type { FleetQueue } from "./fleet-queue.ts";

/** Of single deliveries, one behind the other. */
const SINGLES = 200;

/** What {@link FleetQueue.delivering} has measured so far, and single deliveries that nothing else keeps waiting. */
export async function latenciesOf(queue: FleetQueue): Promise<readonly Distribution[]> {
  const singles = new Histogram();
  for (let index = 0; index < SINGLES; index += 1) singles.record(await queue.deliverOne(index));
  return [
    queue.latencies.distribution("everyone's deliveries, sent at once, until acknowledged"),
    singles.distribution("single deliveries, one behind the other"),
  ];
}

/** Multicasts, each to this many. */
const PACED = 100;
const PACED_MULTICASTS = 100;

/**
 * The same at a tenth of `perSecond`, which is what the fleet can deliver at most: each multicast leaves when it is due,
 * whatever has become of those before, and what it had to wait counts.
 */
export async function pacedLatencies(queue: FleetQueue, perSecond: number): Promise<Distribution> {
  const intervalMs = (10 * 1_000 * PACED) / perSecond;
  const start = performance.now();
  const latencies = new Histogram();
  const under: Promise<void>[] = [];
  for (let index = 0; index < PACED_MULTICASTS; index += 1) {
    const due = start + index * intervalMs;
    await delay(Math.max(0, due - performance.now()));
    under.push(queue.deliverSome(index, due, latencies));
  }
  await Promise.all(under);
  return latencies.distribution("deliveries at a tenth of that speed");
}

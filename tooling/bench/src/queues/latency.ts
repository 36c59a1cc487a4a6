/** How long deliveries of a durable multicast take to be acknowledged: every one of them counts, however long it was. */

import { setTimeout as delay } from "node:timers/promises";
import { type Row, rowOf } from "../scenario.ts";
import { quantile } from "../statistics.ts";
import type { FleetQueue } from "./fleet-queue.ts";

/** Of single deliveries, one behind the other. */
const SINGLES = 200;

/** What {@link FleetQueue.delivering} has measured so far, and single deliveries that nothing else keeps waiting. */
export async function latencyRows(queue: FleetQueue): Promise<readonly Row[]> {
  const single: number[] = [];
  for (let index = 0; index < SINGLES; index += 1) single.push(await queue.deliverOne(index));
  return [
    ...rowsOf("of everyone's deliveries, sent at once, acknowledged within", queue.latencies),
    ...rowsOf("of single deliveries, one behind the other, within", single),
  ];
}

/** Multicasts, each to this many. */
const PACED = 100;
const PACED_MULTICASTS = 100;

/**
 * The same at a tenth of `perSecond`, which is what the fleet can deliver at most: each multicast leaves when it is due,
 * whatever has become of those before, and what it had to wait counts.
 */
export async function pacedRows(queue: FleetQueue, perSecond: number): Promise<readonly Row[]> {
  const intervalMs = (10 * 1_000 * PACED) / perSecond;
  const start = performance.now();
  const under: Promise<readonly number[]>[] = [];
  for (let index = 0; index < PACED_MULTICASTS; index += 1) {
    const due = start + index * intervalMs;
    await delay(Math.max(0, due - performance.now()));
    under.push(queue.deliverSome(index, due));
  }
  return rowsOf("of deliveries at a tenth of that speed, acknowledged within", (await Promise.all(under)).flat());
}

function rowsOf(name: string, samples: readonly number[]): readonly Row[] {
  return [0.5, 0.99].map((share) => rowOf(`${share * 100} % ${name}`, "ms", [quantile(samples, share)]));
}

/** How long deliveries of a durable multicast take to be acknowledged: every one of them counts, however long it was. */

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

function rowsOf(name: string, samples: readonly number[]): readonly Row[] {
  return [0.5, 0.99].map((share) => rowOf(`${share * 100} % ${name}`, "ms", [quantile(samples, share)]));
}

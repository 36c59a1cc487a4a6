import { setTimeout } from "node:timers/promises";
import { applyLoad, type Load, type Loaded, type LoadResult } from "./load.ts";

const STRAGGLERS_MS = 10_000;
const LOOK_MS = 50;

/** One side under load, with its receivers in this and in other processes. */
export interface Side extends Loaded {
  /** Messages that all receivers together have counted since the start. */
  received(): Promise<number>;
}

export interface Endured extends LoadResult {
  /** Messages that were delivered, as the reports say, and not received; below 0: more came than were reported. */
  readonly lost: number;
}

/** Applies the load and compares what the reports say with what the receivers have counted, once it stops to grow. */
export async function endure(side: Side, load: Load): Promise<Endured> {
  const before = await side.received();
  const result = await applyLoad(side, load);
  const deadline = performance.now() + STRAGGLERS_MS;
  let received = await side.received();
  while (received - before < result.delivered && performance.now() < deadline) {
    await setTimeout(LOOK_MS);
    received = await side.received();
  }
  return { ...result, lost: result.delivered - (received - before) };
}

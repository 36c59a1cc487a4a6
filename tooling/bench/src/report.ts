/** Everything one run of `pnpm bench` found, as `--json` writes it. */

import { availableParallelism, cpus, loadavg } from "node:os";
import type { Outcome, Settings } from "./scenario.ts";

export interface ScenarioResult extends Outcome, Settings {
  readonly scenario: string;
  /** Versions of those that it talked to, by kind. */
  readonly servers: Readonly<Record<string, string>>;
  readonly elapsedMs: number;
}

export interface Report {
  readonly machine: Machine;
  readonly scenarios: readonly ScenarioResult[];
}

/** What the numbers depend on, besides the code. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  /** As the processor names itself. */
  readonly cpu: string;
  readonly arch: string;
  readonly cores: number;
  /** Runnable threads on average over the last minute, as the run began and as it ended. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** `loadBefore` is what {@link currentLoad} said before the first scenario. */
export function reportOf(scenarios: readonly ScenarioResult[], loadBefore: number): Report {
  const machine = {
    node: process.version,
    platform: process.platform,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    arch: process.arch,
    cores: availableParallelism(),
    loadBefore,
    loadAfter: currentLoad(),
  };
  return { machine, scenarios };
}

export function currentLoad(): number {
  return loadavg()[0] ?? 0;
}

/** How far to trust the run; `undefined` when the machine was quiet. */
export function noiseOf({ machine, scenarios }: Report): string | undefined {
  const load = Math.max(machine.loadBefore, machine.loadAfter);
  const reasons = [
    ...(load > machine.cores ? [`the load was ${load.toFixed(1)} on ${machine.cores} cores`] : []),
    ...(scenarios.some(({ rounds }) => rounds < 9) ? ["fewer than 9 rounds"] : []),
    ...(scenarios.some(({ size }) => size < 10_000) ? ["N below 10,000"] : []),
  ];
  return reasons.length === 0 ? undefined : `Not worth quoting: ${reasons.join(", ")}.`;
}

/** Everything one run of `pnpm bench` found, as `--json` writes it. */

import { availableParallelism, cpus } from "node:os";
import { MOST_BUSY } from "./busy.ts";
import type { Outcome, Scenario, Settings } from "./scenario.ts";

export interface ScenarioResult extends Outcome, Settings {
  readonly scenario: string;
  /** Then `rounds` is 1. */
  readonly isPlayedOnce?: Scenario["isPlayedOnce"];
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
  /** Share of the processors, 0 to 1, that others took just before it began and when it had ended. */
  readonly busyBefore: number;
  readonly busyAfter: number;
}

export function reportOf(
  scenarios: readonly ScenarioResult[],
  busy: Pick<Machine, "busyBefore" | "busyAfter">,
): Report {
  const machine = {
    node: process.version,
    platform: process.platform,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    arch: process.arch,
    cores: availableParallelism(),
    ...busy,
  };
  return { machine, scenarios };
}

export function busiest({ busyBefore, busyAfter }: Machine): number {
  return Math.max(busyBefore, busyAfter);
}

/** Too few to tell the median from chance, where there could be more. */
export function hasFewRounds({
  rounds,
  isPlayedOnce = false,
}: Pick<ScenarioResult, "rounds" | "isPlayedOnce">): boolean {
  return rounds < 9 && !isPlayedOnce;
}

/** How far to trust the run; `undefined` when the machine was quiet. */
export function noiseOf({ machine, scenarios }: Report): string | undefined {
  const busy = busiest(machine);
  const reasons = [
    ...(busy > MOST_BUSY ? [`others took ${Math.round(100 * busy)} % of the processors`] : []),
    ...(scenarios.some(hasFewRounds) ? ["fewer than 9 rounds"] : []),
    ...(scenarios.some(({ size }) => size < 10_000) ? ["N below 10,000"] : []),
  ];
  return reasons.length === 0 ? undefined : `Not worth quoting: ${reasons.join(", ")}.`;
}

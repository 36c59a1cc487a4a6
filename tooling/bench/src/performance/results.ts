/** Results as they lie in the repository: `docs/performance/*.json`, one file for each play. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine, Report, ScenarioResult } from "../report.ts";
import type { Outcome, Row } from "../scenario.ts";
import { nameOf, type Play } from "./promised.ts";

const FOLDER = "docs/performance";

/** The row without its goal: what is asked of it may change, what was measured does not. */
export type StoredRow = Omit<Row, "goal" | "met" | "floorMet" | "clear">;

export interface Stored
  extends Pick<ScenarioResult, "scenario" | "size" | "rounds" | "isPlayedOnce" | "seconds" | "on" | "servers">,
    Pick<Outcome, "timings" | "latencies"> {
  /** As it was while this was played. */
  readonly machine: Machine;
  readonly rows: readonly StoredRow[];
}

/** By the names of their plays; those that are missing have not been played yet. */
export type Results = ReadonlyMap<string, Stored>;

/** Of a report with one scenario; figures are cut to four digits. @throws RangeError for none. */
export function storedOf({ machine, scenarios: [result] }: Report): Stored {
  if (result === undefined) throw new RangeError("no scenario was played");
  const { scenario, size, rounds, isPlayedOnce, seconds, on, servers, timings, latencies } = result;
  const rows = result.rows.map(measuredOf);
  const more = {
    ...(isPlayedOnce === undefined ? {} : { isPlayedOnce }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(on === undefined ? {} : { on }),
  };
  // The same shape, with shorter numbers.
  return cut({
    scenario,
    size,
    rounds,
    ...more,
    machine,
    servers,
    rows,
    timings,
    ...(latencies === undefined ? {} : { latencies }),
  }) as Stored;
}

function measuredOf({ name, unit, median, q1, q3, min, max, samples }: Row): StoredRow {
  return { name, unit, median, q1, q3, min, max, samples };
}

/** @param root of the repository */
export function writeResult(root: string, stored: Stored): void {
  mkdirSync(join(root, FOLDER), { recursive: true });
  writeFileSync(pathOf(root, stored), jsonOf(stored));
}

export function readResults(root: string, plays: readonly Play[]): Results {
  const played = plays.filter((play) => existsSync(pathOf(root, play)));
  return new Map(
    played.map((play): [string, Stored] => {
      const stored = JSON.parse(readFileSync(pathOf(root, play), "utf8")) as Stored; // As `writeResult` wrote it.
      return [nameOf(play), stored];
    }),
  );
}

/** Numbers of one array stand on one line. */
export function jsonOf(stored: Stored): string {
  const text = JSON.stringify(stored, undefined, 2);
  return `${text.replaceAll(/\[\s+[-\d.e+,\s]+\]/gu, (numbers) => numbers.replaceAll(/\s+/gu, " ").replace("[ ", "[").replace(" ]", "]"))}\n`;
}

function pathOf(root: string, play: Play): string {
  return join(root, FOLDER, `${nameOf(play)}.json`);
}

function cut(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cut(member)]));
}

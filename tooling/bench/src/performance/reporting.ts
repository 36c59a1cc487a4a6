/** `pnpm bench report`: plays what is promised, stores what came of it, and writes the page anew. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInChild } from "../child.ts";
import type { ReportOptions } from "../options.ts";
import { compileAll } from "../published.ts";
import { busyShare } from "../busy.ts";
import { noiseOf, reportOf } from "../report.ts";
import { SCENARIOS } from "../scenarios/catalogue.ts";
import { tableOf } from "../table.ts";
import { PLAYS, SECTIONS } from "./goals.ts";
import { argumentsOf, nameOf, type Play } from "./promised.ts";
import { type PageFile, pageFiles } from "./page.ts";
import { SCALE_PLAYS } from "../scale/plays.ts";
import { scalePage } from "../scale/page.ts";
import { readResults, storedOf, writeResult } from "./results.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** The exit code. Each result is stored as soon as it is there. */
export async function report(options: ReportOptions): Promise<number> {
  const plays = chosenPlays(options);
  if (plays.length === 0) {
    console.error(
      `Nothing of that is promised. There are:\n${ALL_PLAYS.map((play) => `  ${commandOf(play)}`).join("\n")}`,
    );
    return 2;
  }
  if (options.mode === "check") return checked(currentPages());
  let failed = false;
  if (options.mode === "play") {
    await compileAll();
    for (const play of plays) failed = !(await played(play, options)) || failed;
  }
  for (const { path, text } of currentPages()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  return failed ? 1 : 0;
}

/** Everything that the pages say something of, each once, in their order. */
export const ALL_PLAYS: readonly Play[] = [
  ...new Map([...PLAYS, ...SCALE_PLAYS].map((play) => [nameOf(play), play])).values(),
];

export function chosenPlays({
  scenarios,
  size,
  on,
}: Pick<ReportOptions, "scenarios" | "size" | "on">): readonly Play[] {
  return ALL_PLAYS.filter(
    (play) =>
      (scenarios.length === 0 || scenarios.includes(play.scenario)) &&
      (size === undefined || size === play.size) &&
      (on === undefined || on === play.on),
  );
}

/** The pages and their pictures, of what is stored now. */
export function currentPages(): readonly PageFile[] {
  return [...pageFiles(SECTIONS, readResults(ROOT, PLAYS)), scalePage(readResults(ROOT, SCALE_PLAYS))];
}

async function played(play: Play, { rounds, seconds }: ReportOptions): Promise<boolean> {
  const scenario = SCENARIOS.get(play.scenario);
  if (scenario === undefined) return false;
  const busyBefore = await busyShare();
  try {
    const more = { ...(seconds === undefined ? {} : { seconds }), ...(play.on === undefined ? {} : { on: play.on }) };
    const settings = { size: play.size, rounds, ...more };
    const result = await runInChild(scenario, settings);
    const found = reportOf([result], { busyBefore, busyAfter: await busyShare() });
    writeResult(ROOT, storedOf(found));
    for (const result of found.scenarios) console.log(tableOf(result));
    console.log(`${noiseOf(found) ?? ""}\n`);
    return true;
  } catch (error) {
    console.error(`${nameOf(play)}: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

function checked(files: readonly PageFile[]): number {
  const stale = files.filter(({ path, text }) => !existsSync(join(ROOT, path)) || read(path) !== text);
  for (const { path } of stale) console.error(`${path} isn't what the stored results say.`);
  if (stale.length > 0) console.error("`pnpm bench report --stored` writes it anew.");
  return stale.length > 0 ? 1 : 0;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function commandOf(play: Play): string {
  return `pnpm bench report ${argumentsOf(play)}`;
}

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
import { nameOf, type Play } from "./promised.ts";
import { type PageFile, pageFiles } from "./page.ts";
import { readResults, storedOf, writeResult } from "./results.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** The exit code. Each result is stored as soon as it is there. */
export async function report(options: ReportOptions): Promise<number> {
  const plays = chosenPlays(options);
  if (plays.length === 0) {
    console.error(`Nothing of that is promised. There are:\n${PLAYS.map((play) => `  ${commandOf(play)}`).join("\n")}`);
    return 2;
  }
  if (options.mode === "check") return checked(currentPage());
  let failed = false;
  if (options.mode === "play") {
    await compileAll();
    for (const play of plays) failed = !(await played(play, options)) || failed;
  }
  for (const { path, text } of currentPage()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  return failed ? 1 : 0;
}

/** Of all that is promised, in the order of the page. */
export function chosenPlays({ scenarios, size }: Pick<ReportOptions, "scenarios" | "size">): readonly Play[] {
  return PLAYS.filter(
    (play) =>
      (scenarios.length === 0 || scenarios.includes(play.scenario)) && (size === undefined || size === play.size),
  );
}

/** The page and its pictures, of what is stored now. */
export function currentPage(): readonly PageFile[] {
  return pageFiles(SECTIONS, readResults(ROOT, PLAYS));
}

async function played(play: Play, { rounds, seconds }: ReportOptions): Promise<boolean> {
  const scenario = SCENARIOS.get(play.scenario);
  if (scenario === undefined) return false;
  const busyBefore = await busyShare();
  try {
    const settings = { size: play.size, rounds, ...(seconds === undefined ? {} : { seconds }) };
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

function commandOf({ scenario, size }: Play): string {
  return `pnpm bench report ${scenario} --size ${size}`;
}

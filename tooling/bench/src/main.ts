/** `pnpm bench`: runs scenarios one after another, each in a process of its own, and prints or stores what they found. */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { report } from "./performance/reporting.ts";
import { type Options, parseCommandLine, usage } from "./options.ts";
import { compileAll } from "./published.ts";
import { busyShare } from "./busy.ts";
import { noiseOf, type Report, reportOf, type ScenarioResult } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { runInChild } from "./child.ts";
import { SCENARIOS } from "./scenarios/catalogue.ts";
import { tableOf } from "./table.ts";

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});

async function main(argv: readonly string[]): Promise<number> {
  const composable = [...SCENARIOS.values()].filter(({ runOn }) => runOn !== undefined).map(({ name }) => name);
  const command = parseCommandLine(argv, [...SCENARIOS.keys()], composable);
  if (command.kind === "run") return await bench(command);
  if (command.kind === "report") return await report(command);
  if (command.kind === "help") {
    console.log(usage([...SCENARIOS.values()]));
    return 0;
  }
  console.error(`${command.message}\n\n${usage([...SCENARIOS.values()])}`);
  return 2;
}

async function bench(options: Options): Promise<number> {
  const busyBefore = await busyShare();
  const print = options.json === "-" ? console.error : console.log;
  await compileAll();
  const results: ScenarioResult[] = [];
  let failed = false;
  for (const scenario of chosen(options)) {
    try {
      const { size = scenario.defaultSize, rounds, seconds, on } = options;
      const more = { ...(seconds === undefined ? {} : { seconds }), ...(on === undefined ? {} : { on }) };
      const result = await runInChild(scenario, { size, rounds, ...more });
      results.push(result);
      print(`${tableOf(result)}\n`);
    } catch (error) {
      failed = true;
      console.error(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  const report = reportOf(results, { busyBefore, busyAfter: await busyShare() });
  const noise = noiseOf(report);
  if (noise !== undefined) print(noise);
  writeJson(report, options.json);
  return failed ? 1 : 0;
}

function chosen(options: Options): readonly Scenario[] {
  return options.scenarios.flatMap((name) => SCENARIOS.get(name) ?? []);
}

/** A relative name is meant from where pnpm was called, which pnpm tells in `INIT_CWD`. */
function writeJson(report: Report, target: string | undefined): void {
  if (target === undefined) return;
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  if (target === "-") process.stdout.write(text);
  else writeFileSync(resolve(process.env["INIT_CWD"] ?? ".", target), text);
}

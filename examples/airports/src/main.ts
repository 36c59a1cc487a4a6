/** 5,210 real airports register as identities; then filters choose who is enumerated and who gets a message. */

import { type ErrorCode, isMusterError } from "@muster/core";
import { loadAirports } from "./data.ts";
import { MISSIONS, ownMissions } from "./missions.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { showProgress } from "./progress.ts";
import { allAgree, formatJson, formatReport, type Row, type Summary } from "./report.ts";
import { callRoll, findDisagreements, type RollCall } from "./roll-call.ts";
import { World } from "./world.ts";

/** The user's mistakes; everything else is the demo's fault or Muster's. */
const USER_ERRORS: readonly ErrorCode[] = ["INVALID_FILTER", "FILTER_TOO_COMPLEX", "PAYLOAD_TOO_LARGE"];

async function run(options: Options): Promise<Summary> {
  const missions = options.filters.length > 0 ? ownMissions(options.filters) : MISSIONS;
  const airports = loadAirports();
  await using world = await World.open(options.processes);
  for (const { filter } of missions) await world.tower.count(filter); // A filter that is refused should be refused at once.

  const start = performance.now();
  const progress = options.json ? undefined : showProgress(process.stderr, "Registering airports", airports.length);
  await world.populate(airports, (done) => progress?.update(done));
  progress?.end();
  const registerMs = performance.now() - start;

  const registered = await world.tower.count();
  const calls: RollCall[] = [];
  for (const mission of missions) calls.push(await callRoll(world, mission, options.message));
  await world.close(); // Only now can no duplicate and no stray arrive any more.

  const names = new Map(airports.map(({ identity, metadata }) => [identity, metadata.name]));
  const rows = calls.map((call) => toRow(call, world, names));
  return { registered, processes: options.processes, registerMs, message: options.message, rows };
}

function toRow(call: RollCall, world: World, names: ReadonlyMap<string, string>): Row {
  const tally = world.ledger.tally(call.report.id);
  return {
    title: call.mission.title,
    filter: call.mission.filter,
    targetCount: call.report.targetCount,
    deliveredCount: call.report.deliveredCount,
    receivedCount: tally.count,
    elapsedMs: call.elapsedMs,
    receivers: [...tally.identities].map((identity) => `${identity} ${names.get(identity) ?? ""}`),
    disagreements: findDisagreements(call, tally),
  };
}

/** The exit code: 0 all agree, 1 something does not, 2 the command line was wrong. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const summary = await run(options);
    const colours = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
    process.stdout.write(options.json ? formatJson(summary) : formatReport(summary, colours));
    return allAgree(summary) ? 0 : 1;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (!isMusterError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  return USER_ERRORS.includes(error.code) ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2));

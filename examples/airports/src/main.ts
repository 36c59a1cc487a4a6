/** 5,210 real airports register as identities; then filters choose who is enumerated and who gets a message. */

import { type DeliveryGuarantee, type ErrorCode, isMusterError } from "@muster/core";
import { callRollWithCrash } from "./crash.ts";
import { loadAirports } from "./data.ts";
import { EVERYONE, type Mission, MISSIONS, ownMissions } from "./missions.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { showProgress } from "./progress.ts";
import { allAgree, formatJson, formatReport, type Row, type Summary } from "./report.ts";
import { callRoll, countRepeats, findDisagreements, type RollCall } from "./roll-call.ts";
import { openStore } from "./store.ts";
import { World } from "./world.ts";

/** The user's mistakes; everything else is the demo's fault or Muster's. */
const USER_ERRORS: readonly ErrorCode[] = ["INVALID_FILTER", "FILTER_TOO_COMPLEX", "PAYLOAD_TOO_LARGE"];

async function run(options: Options): Promise<Summary> {
  const { processes, kill, delivery, message } = options;
  const missions = missionsOf(options);
  const airports = loadAirports();
  await using store = await openStore(options);
  await using world = await World.open(store, { processes, withMortal: kill });
  for (const { filter } of missions) await world.tower.count(filter); // A filter that is refused should be refused at once.

  const start = performance.now();
  const progress = options.json ? undefined : showProgress(process.stderr, "Registering airports", airports.length);
  await world.populate(airports, (done) => progress?.update(done));
  progress?.end();
  const registerMs = performance.now() - start;

  const registered = await world.tower.count();
  const tell = (sentence: string): void => void (options.json || process.stderr.write(`${sentence}\n`));
  const calls: RollCall[] = [];
  for (const mission of missions) {
    const isFatal = kill && calls.length === 0;
    calls.push(await (isFatal ? callRollWithCrash(world, mission, message, tell) : callRoll(world, mission, message)));
  }
  await world.close(); // Only now can no duplicate and no stray arrive any more.

  const names = new Map(airports.map(({ identity, metadata }) => [identity, metadata.name]));
  const rows = calls.map((call) => toRow(call, world, names, delivery));
  return { registered, processes, store: store.title, delivery, registerMs, message, rows };
}

function missionsOf({ filters, kill }: Options): readonly Mission[] {
  if (filters.length > 0) return ownMissions(filters);
  return kill ? [EVERYONE] : MISSIONS;
}

function toRow(call: RollCall, world: World, names: ReadonlyMap<string, string>, delivery: DeliveryGuarantee): Row {
  const tally = world.ledger.tally(call.report.id);
  return {
    title: call.mission.title,
    filter: call.mission.filter,
    targetCount: call.report.targetCount,
    deliveredCount: call.report.deliveredCount,
    receivedCount: tally.count,
    elapsedMs: call.elapsedMs,
    receivers: [...tally.identities].map((identity) => `${identity} ${names.get(identity) ?? ""}`),
    repeats: countRepeats(tally),
    crash: call.crash,
    disagreements: findDisagreements(call, tally, delivery === "at-least-once"),
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
  if (!isMusterError(error) && !isMissingServer(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  return isMusterError(error) && USER_ERRORS.includes(error.code) ? 2 : 1;
}

/** `MissingServerError`, which only who asks for a server has loaded. */
function isMissingServer(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "SERVER_MISSING";
}

process.exitCode = await main(process.argv.slice(2));

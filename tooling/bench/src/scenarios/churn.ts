/**
 * A fleet of which 1 % leave in every second and as many come, in 200 simulated processes, while somebody asks for pages and
 * sends multicasts: what it costs, and how long each has to wait.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Account, Churned, Told } from "../churn/plan.ts";
import { type Answers, Questions } from "../churn/questions.ts";
import { Settlement } from "../churn/settlement.ts";
import { coreRows, memoryRows, type Spent, spentBy, trafficRows } from "../churn/spending.ts";
import { checkSlot } from "../beside-memory.ts";
import { type Composition, compositionOf } from "../compositions.ts";
import { type Distribution, Histogram } from "../histogram.ts";
import type { Pace, PacedResult } from "../paced-load.ts";
import { Disagreement, type Goal, type Outcome, type Row, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { sumOf } from "../statistics.ts";

export const churnScenario: Scenario = {
  name: "churn",
  about: "1 % of all identities leave in every second and as many come, while pages are asked for and multicasts sent",
  defaultSize: 100_000,
  isPlayedOnce: true,
  needsServers: true,
  run: (settings) => runOn(compositionOf("redis+nats"), settings),
  runOn,
};

const SECONDS = 60;
/** Of all who are there, in a second: as many leave, and as many come. First a tenth of it, for what churn alone costs. */
const CHURN = { "0.1 %/s": 0.001, "1 %/s": 0.01 } as const;
type Rate = keyof typeof CHURN;
const STRAGGLERS_MS = 60_000;
/** Nothing has come for so long: nothing will. */
const SILENT_MS = 1_000;

/** A load, and what it cost. */
interface Loaded extends Answers {
  readonly churned: readonly Churned[];
  readonly before: Spent;
  readonly after: Spent;
}

async function runOn(composition: Composition, { size, seconds = SECONDS }: Settings): Promise<Outcome> {
  checkSlot(composition, "messaging");
  await using settlement = await Settlement.open(composition, size);
  const { members } = settlement;
  const questions = new Questions(settlement.asking, size);
  await Promise.all(members.map((member) => member.received())); // They are open.
  const before = await spentBy(settlement);
  await Promise.all(members.map((member) => member.fill()));
  const filled = await spentBy(settlement);
  const load = (rate: Rate, lasting: number): Promise<Loaded> =>
    underLoad(settlement, questions, { perSecond: (size * CHURN[rate]) / members.length, seconds: lasting });
  // What registering has left to do is done, and everything that is measured has been compiled.
  await load("0.1 %/s", Math.max(1, seconds / 6));
  await delay(seconds * 50);
  const resting = await spentBy(settlement);
  await delay(seconds * 250);
  const atRest = coreRows("cores at rest", resting, await spentBy(settlement));
  const little = await judged("0.1 %/s", settlement, await load("0.1 %/s", seconds / 2));
  const much = await judged("1 %/s", settlement, await load("1 %/s", seconds));
  return {
    rows: [
      ...much.rows,
      ...little.rows,
      ...atRest,
      rowOf("registered at the beginning", "/s", [(size * 1_000) / (filled.at - before.at)]),
      ...memoryRows(size, { before, filled, after: await spentBy(settlement) }),
    ],
    timings: [],
    latencies: [...much.latencies, ...little.latencies],
  };
}

async function underLoad(settlement: Settlement, questions: Questions, pace: Pace): Promise<Loaded> {
  const before = await spentBy(settlement);
  const [answers, churned] = await Promise.all([
    questions.ask(pace.seconds),
    Promise.all(settlement.members.map((member) => member.churn(pace))),
  ]);
  return { ...answers, churned, before, after: await spentBy(settlement) };
}

async function judged(
  rate: Rate,
  settlement: Settlement,
  loaded: Loaded,
): Promise<{ readonly rows: readonly Row[]; readonly latencies: readonly Distribution[] }> {
  const all = [loaded.pages, loaded.multicasts, ...told(loaded, "registers"), ...told(loaded, "unregisters")];
  for (const { failure } of all) if (failure !== undefined) console.error(`A request has failed: ${failure}`);
  const messages = await accountFor(settlement, loaded);
  const perSecond = (results: readonly (Told | PacedResult)[]): number =>
    sumOf(results.map(({ due, failed, lastedMs }) => ((due - failed) * 1_000) / lastedMs));
  const none: Goal = { atMost: 0 };
  return {
    rows: [
      rowOf(`${rate}: requests without an answer`, "", [sumOf(all.map(({ failed }) => failed))], none),
      rowOf("… messages to who stayed that were not received", "", [messages.missing], none),
      rowOf("… received twice, or by others", "", [messages.wrong], none),
      rowOf("… received by who stayed", "", [messages.due - messages.missing]),
      // A load that is given up ends early.
      rowOf("… registered", "/s", [perSecond(told(loaded, "registers"))]),
      rowOf("… unregistered", "/s", [perSecond(told(loaded, "unregisters"))]),
      rowOf("… pages", "/s", [perSecond([loaded.pages])]),
      rowOf("… multicasts", "/s", [perSecond([loaded.multicasts])]),
      ...coreRows("… cores", loaded.before, loaded.after),
      ...trafficRows(loaded.before, loaded.after),
    ],
    latencies: [
      loaded.firstPages.distribution(`${rate}: first pages of a cell`),
      loaded.followingPages.distribution(`${rate}: following pages`),
      loaded.multicasts.latencies.distribution(`${rate}: multicasts to a cell`),
      messages.latencies.distribution(`${rate}: their messages, until handled`),
      merged(told(loaded, "registers")).distribution(`${rate}: registers`),
      merged(told(loaded, "unregisters")).distribution(`${rate}: unregisters`),
    ],
  };
}

/** Once nothing more comes. */
async function accountFor(
  { members }: Settlement,
  { sent }: Loaded,
): Promise<Omit<Account, "latencies"> & { readonly latencies: Histogram }> {
  const received = async (): Promise<number> => sumOf(await Promise.all(members.map((member) => member.received())));
  const deadline = performance.now() + STRAGGLERS_MS;
  for (let [last, now] = [-1, await received()]; last !== now && performance.now() < deadline; ) {
    await delay(SILENT_MS);
    [last, now] = [now, await received()];
  }
  const accounts = await Promise.all(members.map((member) => member.account(sent)));
  const sum = (name: "due" | "missing" | "wrong"): number => sumOf(accounts.map((account) => account[name]));
  if (sum("due") === 0) throw new Disagreement("no message was for anybody who stayed");
  return { due: sum("due"), missing: sum("missing"), wrong: sum("wrong"), latencies: merged(accounts) };
}

function told({ churned }: Loaded, verb: keyof Churned): readonly Told[] {
  return churned.map((one) => one[verb]);
}

function merged(parts: readonly Pick<Told, "latencies">[]): Histogram {
  const all = new Histogram();
  for (const { latencies } of parts) all.add(latencies);
  return all;
}

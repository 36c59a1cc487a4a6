/**
 * A fleet of which 1 % leave in every second and as many come, in 200 simulated processes, while somebody asks for pages and
 * sends multicasts: what it costs, and how long each has to wait.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Churned, Churners, Told } from "../churn/plan.ts";
import { type Answers, Questions } from "../churn/questions.ts";
import { Settlement } from "../churn/settlement.ts";
import { coreRows, memoryRows, spentBy, trafficRows } from "../churn/spending.ts";
import { type Composition, compositionOf } from "../compositions.ts";
import { type Distribution, Histogram } from "../histogram.ts";
import type { PacedResult } from "../paced-load.ts";
import { Disagreement, type Outcome, type Row, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const churnScenario: Scenario = {
  name: "churn",
  about: "1 % of all identities leave in every second and as many come, while pages are asked for and multicasts sent",
  defaultSize: 100_000,
  needsServers: true,
  run: (settings) => runOn(compositionOf("redis+nats"), settings),
  runOn,
};

const SECONDS = 60;
/** Of all who are there, in a second. */
const CHURN = 0.01;
const STRAGGLERS_MS = 10_000;
const LOOK_MS = 100;

interface Loaded extends Answers {
  readonly churned: readonly Churned[];
}

async function runOn(composition: Composition, { size, seconds = SECONDS }: Settings): Promise<Outcome> {
  if (composition.slots !== undefined && composition.slots.messaging === undefined)
    throw new Disagreement(`${composition.name} has nothing that carries messages`);
  await using settlement = await Settlement.open(composition, size);
  const { members } = settlement;
  const questions = new Questions(settlement.asking, size);
  await Promise.all(members.map((member) => member.received())); // They are open.
  const before = await spentBy(settlement);
  const start = performance.now();
  await Promise.all(members.map((member) => member.fill()));
  const fillingMs = performance.now() - start;
  const filled = await spentBy(settlement);
  // What registering has left to do is done, and everything that is measured has been compiled.
  await underLoad(settlement, questions, { size, seconds: Math.max(1, seconds / 6) });
  await delay(seconds * 50);
  const resting = await spentBy(settlement);
  await delay(seconds * 250);
  const begun = await spentBy(settlement);
  const loaded = await underLoad(settlement, questions, { size, seconds });
  const ended = await spentBy(settlement);
  const messages = await accountFor(members, loaded);
  return {
    rows: [
      ...answerRows(loaded),
      ...messages.rows,
      ...rateRows(loaded),
      rowOf("registered at the beginning", "/s", [(size * 1_000) / fillingMs]),
      ...coreRows("at rest", resting, begun),
      ...coreRows("under load", begun, ended),
      ...trafficRows(begun, ended),
      ...memoryRows(size, { before, filled, after: ended }),
    ],
    timings: [],
    latencies: [...latenciesOf(loaded), messages.latencies],
  };
}

async function underLoad(
  { members }: Settlement,
  questions: Questions,
  { size, seconds }: { readonly size: number; readonly seconds: number },
): Promise<Loaded> {
  const pace = { perSecond: (size * CHURN) / members.length, seconds };
  const [answers, churned] = await Promise.all([
    questions.ask(seconds),
    Promise.all(members.map((member) => member.churn(pace))),
  ]);
  return { ...answers, churned };
}

function answerRows(loaded: Loaded): readonly Row[] {
  const all = [loaded.pages, loaded.multicasts, ...told(loaded, "registers"), ...told(loaded, "unregisters")];
  for (const { failure } of all) if (failure !== undefined) console.error(`A request has failed: ${failure}`);
  return [rowOf("requests without an answer", "", [sumOf(all.map(({ failed }) => failed))], { atMost: 0 })];
}

/** How many were really sent in a second; a load that is given up ends early. */
function rateRows(loaded: Loaded): readonly Row[] {
  const rate = (results: readonly (Told | PacedResult)[]): number =>
    sumOf(results.map(({ due, failed, lastedMs }) => ((due - failed) * 1_000) / lastedMs));
  return [
    rowOf("registered under load", "/s", [rate(told(loaded, "registers"))]),
    rowOf("… unregistered", "/s", [rate(told(loaded, "unregisters"))]),
    rowOf("… pages", "/s", [rate([loaded.pages])]),
    rowOf("… multicasts", "/s", [rate([loaded.multicasts])]),
  ];
}

/** Once nothing more comes. */
async function accountFor(
  members: readonly Churners[],
  { sent }: Loaded,
): Promise<{ readonly rows: readonly Row[]; readonly latencies: Distribution }> {
  const received = async (): Promise<number> => sumOf(await Promise.all(members.map((member) => member.received())));
  const deadline = performance.now() + STRAGGLERS_MS;
  for (let [last, now] = [-1, await received()]; last !== now && performance.now() < deadline; ) {
    await delay(LOOK_MS);
    [last, now] = [now, await received()];
  }
  const accounts = await Promise.all(members.map((member) => member.account(sent)));
  const latencies = merged(accounts.map((account) => account.latencies));
  const due = sumOf(accounts.map((account) => account.due));
  if (due === 0) throw new Disagreement("no message was for anybody who stayed");
  return {
    rows: [
      rowOf("messages to who stayed that were not received", "", [sumOf(accounts.map((one) => one.missing))], {
        atMost: 0,
      }),
      rowOf("… received twice, or by others", "", [sumOf(accounts.map((one) => one.wrong))], { atMost: 0 }),
      rowOf("… all", "", [due]),
    ],
    latencies: latencies.distribution("messages, until their handlers"),
  };
}

function latenciesOf(loaded: Loaded): readonly Distribution[] {
  return [
    loaded.firstPages.distribution("first pages of a cell"),
    loaded.followingPages.distribution("following pages"),
    loaded.multicasts.latencies.distribution("multicasts to a cell"),
    merged(told(loaded, "registers").map(({ latencies }) => latencies)).distribution("registers"),
    merged(told(loaded, "unregisters").map(({ latencies }) => latencies)).distribution("unregisters"),
  ];
}

function told({ churned }: Loaded, verb: keyof Churned): readonly Told[] {
  return churned.map((one) => one[verb]);
}

function merged(parts: readonly Told["latencies"][]): Histogram {
  const all = new Histogram();
  for (const part of parts) all.add(part);
  return all;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

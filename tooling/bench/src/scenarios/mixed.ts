/** The load test of the pattern's proof of concept, at its own rate and at three times that, for Muster and for itself. */

import { checkSlot } from "../beside-memory.ts";
import type { Composition } from "../compositions.ts";
import { sensors } from "../documents.ts";
import { Housing } from "../housing.ts";
import { NODES, PAYLOAD } from "../fleets.ts";
import type { Distribution } from "../histogram.ts";
import { type Endured, endure } from "../poc/endure.ts";
import type { Load } from "../poc/load.ts";
import { musterSide } from "../poc/muster-side.ts";
import { PocSide } from "../poc/poc-side.ts";
import { type Goal, type Outcome, type Row, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { MemoryMulticasts, openMuster } from "../senders/multicasts.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";

export const mixedScenario: Scenario = {
  name: "mixed",
  about: "the load test of the pattern's proof of concept, on Redis and NATS: registers, enumerates and multicasts",
  defaultSize: 10_000,
  needsServers: true,
  run,
  runOn,
};

const SECONDS = 60;

interface Endurance {
  readonly ours: Endured;
  readonly theirs: Endured;
}

/** `seconds` is how long the slower load lasts; the faster one takes two thirds of that. */
async function run({ size, seconds = SECONDS }: Settings): Promise<Outcome> {
  const slow = await underLoad({ perSecond: 100, seconds }, size);
  const fast = await underLoad({ perSecond: 300, seconds: (seconds * 2) / 3 }, size);
  return {
    rows: [
      ...goalRows("load of 100/s", slow.ours),
      rowOf("… 99 % of the multicasts within", "ms", [slow.ours.multicasts.quantile(0.99)], { atMost: 20 }),
      ...goalRows("load of 300/s", fast.ours),
      ...plainRows("the proof of concept's own, 100/s", slow.theirs),
      ...plainRows("the proof of concept's own, 300/s", fast.theirs),
    ],
    timings: [],
    latencies: [...latenciesOf("100/s", slow), ...latenciesOf("300/s", fast)],
  };
}

/** Without the proof of concept, which has backends of its own. */
async function runOn(composition: Composition, { size, seconds = SECONDS }: Settings): Promise<Outcome> {
  checkSlot(composition, "messaging");
  const slow = await alone(composition, { perSecond: 100, seconds }, size);
  const fast = await alone(composition, { perSecond: 300, seconds: (seconds * 2) / 3 }, size);
  const named = (rate: string, { all, multicasts }: Endured): readonly Distribution[] => [
    all.distribution(`${rate}: answers`),
    multicasts.distribution(`${rate}: multicasts`),
  ];
  return {
    rows: [...goalRows("load of 100/s", slow), ...goalRows("load of 300/s", fast)],
    timings: [],
    latencies: [...named("100/s", slow), ...named("300/s", fast)],
  };
}

async function alone({ slots }: Composition, load: Load, size: number): Promise<Endured> {
  const documents = sensors(size);
  if (slots === undefined) {
    await using memory = await MemoryMulticasts.open("Muster", size, {});
    return await endure(musterSide(memory, documents, PAYLOAD), load);
  }
  await using housing = await Housing.open(slots);
  await using muster = await openMuster("Muster", housing.places, size, {});
  return await endure(musterSide(muster, documents, PAYLOAD), load);
}

/** Both begin with as many identities in other processes, and nothing else. */
async function underLoad(load: Load, size: number): Promise<Endurance> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const documents = sensors(size);
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { namespace: "mixed", registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  await using muster = await Muster.open("Muster", receivers, { payload: PAYLOAD });
  const ours = await endure(musterSide(muster, documents, PAYLOAD), load);
  await using poc = await PocSide.open({ redis: redis.url, nats: nats.url }, documents, PAYLOAD);
  return { ours, theirs: await endure(poc, load) };
}

function goalRows(name: string, { failedRequests, failed, lost, lateMs }: Endured): readonly Row[] {
  const none: Goal = { atMost: 0 };
  return [
    rowOf(`${name}: requests without an answer`, "", [failedRequests], none),
    rowOf("… messages not delivered", "", [failed], none),
    rowOf("… messages delivered and not received", "", [lost], none),
    rowOf("… last answer behind the last request", "ms", [lateMs], { atMost: 1_000 }),
  ];
}

function plainRows(name: string, { failedRequests, failed, lost, lateMs, lastedMs }: Endured): readonly Row[] {
  return [
    rowOf(`${name}: requests without an answer`, "", [failedRequests]),
    rowOf("… messages not delivered", "", [failed]),
    rowOf("… messages delivered and not received", "", [lost]),
    rowOf("… last answer behind the last request", "ms", [lateMs]),
    rowOf("… how long requests were sent", "ms", [lastedMs]),
  ];
}

function latenciesOf(rate: string, { ours, theirs }: Endurance): readonly Distribution[] {
  return [
    ours.all.distribution(`${rate}, Muster: answers`),
    ours.multicasts.distribution(`${rate}, Muster: multicasts`),
    theirs.all.distribution(`${rate}, proof of concept: answers`),
    theirs.multicasts.distribution(`${rate}, proof of concept: multicasts`),
  ];
}

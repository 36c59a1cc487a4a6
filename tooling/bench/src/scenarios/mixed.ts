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
  isPlayedOnce: true,
  needsServers: true,
  run,
  runOn,
};

const SECONDS = 60;

/** `seconds` is how long the slower load lasts; the faster one takes two thirds of that. */
async function run({ size, seconds = SECONDS }: Settings): Promise<Outcome> {
  const slow: Load = { perSecond: 100, seconds };
  const fast: Load = { perSecond: 300, seconds: (seconds * 2) / 3 };
  const [ourSlow, ourFast] = [await ours(slow, size), await ours(fast, size)];
  // Behind ours, for they leave the memory of this process full.
  const [theirSlow, theirFast] = [await theirs(slow, size), await theirs(fast, size)];
  return {
    rows: [
      ...goalRows("load of 100/s", ourSlow),
      rowOf("… 99 % of the multicasts within", "ms", [ourSlow.multicasts.quantile(0.99)], { atMost: 20 }),
      ...goalRows("load of 300/s", ourFast),
      ...plainRows("the proof of concept's own, 100/s", theirSlow),
      ...plainRows("the proof of concept's own, 300/s", theirFast),
    ],
    timings: [],
    latencies: [
      ...latenciesOf("100/s, Muster", ourSlow),
      ...latenciesOf("100/s, proof of concept", theirSlow),
      ...latenciesOf("300/s, Muster", ourFast),
      ...latenciesOf("300/s, proof of concept", theirFast),
    ],
  };
}

/** Without the proof of concept, which has backends of its own. */
async function runOn(composition: Composition, { size, seconds = SECONDS }: Settings): Promise<Outcome> {
  checkSlot(composition, "messaging");
  const slow = await alone(composition, { perSecond: 100, seconds }, size);
  const fast = await alone(composition, { perSecond: 300, seconds: (seconds * 2) / 3 }, size);
  return {
    rows: [...goalRows("load of 100/s", slow), ...goalRows("load of 300/s", fast)],
    timings: [],
    latencies: [...latenciesOf("100/s", slow), ...latenciesOf("300/s", fast)],
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

/** It begins with as many identities in other processes, as {@link theirs}, and nothing else. */
async function ours(load: Load, size: number): Promise<Endured> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { namespace: "mixed", registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  await using muster = await Muster.open("Muster", receivers, { payload: PAYLOAD });
  return await endure(musterSide(muster, sensors(size), PAYLOAD), load);
}

async function theirs(load: Load, size: number): Promise<Endured> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  await using poc = await PocSide.open({ redis: redis.url, nats: nats.url }, sensors(size), PAYLOAD);
  return await endure(poc, load);
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

function latenciesOf(name: string, { all, multicasts }: Endured): readonly Distribution[] {
  return [all.distribution(`${name}: answers`), multicasts.distribution(`${name}: multicasts`)];
}

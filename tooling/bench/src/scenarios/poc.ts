/**
 * Muster on Redis and NATS against the algorithm of the pattern's proof of concept: one multicast to everyone, and the
 * load test of the proof of concept.
 */

import { sensors } from "../documents.ts";
import { NODES, PAYLOAD } from "../fleets.ts";
import { type Endured, endure } from "../poc/endure.ts";
import { musterSide } from "../poc/muster-side.ts";
import { PocSide } from "../poc/poc-side.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, type Row, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";

export const pocScenario: Scenario = {
  name: "poc",
  about: "Muster on Redis and NATS against the algorithm of the pattern's proof of concept",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

const SECONDS = 60;

async function run({ size, rounds, seconds = SECONDS }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const registry = { at: "redis", url: redis.url } as const;
  const messaging = { at: "nats", url: nats.url } as const;
  const receivers = { namespace: "poc", registry, messaging, size, nodes: NODES, addresses: "node" } as const;
  const documents = sensors(size);
  await using poc = await PocSide.open({ redis: redis.url, nats: nats.url }, documents, PAYLOAD);
  await using muster = await Muster.open("Muster", receivers, { payload: PAYLOAD });
  const played = await playRounds([muster, poc], { rounds, size });
  const ours = await endure(musterSide(muster, documents, PAYLOAD), seconds);
  const theirs = await endure(poc, seconds);
  return {
    rows: [
      rowOf("speed of one multicast, Muster / proof of concept", "×", played.speedup(muster.name, poc.name), {
        atLeast: 12,
      }),
      rowOf("load, Muster: requests without an answer", "", [ours.failedRequests], { atMost: 0 }),
      rowOf("… messages not delivered", "", [ours.failed], { atMost: 0 }),
      rowOf("… messages delivered and not received", "", [ours.lost], { atMost: 0 }),
      rowOf("… last answer behind the last request", "ms", [ours.lateMs], { atMost: 1_000 }),
      ...plainRows(ours),
      rowOf("load, proof of concept: requests without an answer", "", [theirs.failedRequests]),
      rowOf("… messages not delivered", "", [theirs.failed]),
      rowOf("… messages delivered and not received", "", [theirs.lost]),
      rowOf("… last answer behind the last request", "ms", [theirs.lateMs]),
      ...plainRows(theirs),
    ],
    timings: played.timings,
  };
}

function plainRows({ lastedMs, delivered, medianMs, p99Ms }: Endured): readonly Row[] {
  return [
    rowOf("… how long requests were sent", "ms", [lastedMs]),
    rowOf("… messages delivered", "", [delivered]),
    rowOf("… median time of an answer", "ms", [medianMs]),
    rowOf("… 99 % of the answers within", "ms", [p99Ms]),
  ];
}

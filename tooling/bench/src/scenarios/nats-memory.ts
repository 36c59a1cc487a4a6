/**
 * What a multicast of 1 KiB to an address for each of a million costs its sender besides time: memory, and turns of the
 * event loop. Everybody is registered on Redis, and other processes receive.
 */

import { connect } from "@nats-io/transport-node";
import { KIB } from "../fleets.ts";
import { memoryNow } from "../probe.ts";
import { Crew } from "../receivers/crew.ts";
import type { Keeping, RawPlan, RegistryPlace } from "../receivers/plan.ts";
import { collectGarbage } from "../rounds.ts";
import { Disagreement, type Outcome, type Row, rowOf, type Scenario, type Settings, timingOf } from "../scenario.ts";
import { Muster } from "../senders/muster.ts";
import { benchServer } from "../servers.ts";
import { identityOf } from "../store.ts";
import { type Watched, watch } from "../watching.ts";

export const natsMemoryScenario: Scenario = {
  name: "nats-memory",
  about: "growth of memory and the longest stretch of code of a sender of 1 KiB to 1,000,000 addresses over NATS",
  defaultSize: 1_000_000,
  needsServers: true,
  run: (settings) => measure({}, settings),
};

export const natsMemoryReadScenario: Scenario = {
  name: "nats-memory-read",
  about: "the same of a sender that keeps nobody's place, but reads everyone from Redis each time",
  defaultSize: 1_000_000,
  needsServers: true,
  run: (settings) => measure({ maxMirroredRoutes: 0 }, settings),
};

/** Whoever publishes all at once takes as much every time. */
const MOST_RAW_ROUNDS = 3;

interface Seen {
  readonly watched: readonly Watched[];
  /** Highest of all rounds over what stood before the first, MB. The process keeps what it once had. */
  readonly rssGrowth: number;
}

async function measure(keeping: Keeping, { size, rounds }: Settings): Promise<Outcome> {
  await using nats = await benchServer("nats");
  await using redis = await benchServer("redis");
  const ours = await multicasts({ at: "redis", url: redis.url, ...keeping }, nats.url, { size, rounds });
  const raw = await publishes(nats.url, { size, rounds: Math.min(rounds, MOST_RAW_ROUNDS) });
  const memory = { atMost: 100, floor: 150 };
  return {
    rows: [
      rowOf("growth of rss, highest of all rounds", "MB", [ours.rssGrowth], memory),
      rowOf("growth of heapUsed and external", "MB", of(ours, "usedGrowth"), memory),
      rowOf("longest stretch, without collector", "ms", of(ours, "ownStretchMs"), { atMost: 50 }),
      rowOf("longest stretch, with collector", "ms", of(ours, "stretchMs")),
      ...rawRows(raw),
    ],
    timings: [
      timingOf("multicast", of(ours, "elapsedMs"), size),
      timingOf("raw, publish all and one flush", of(raw, "elapsedMs"), size),
    ],
  };
}

function rawRows(raw: Seen): readonly Row[] {
  return [
    rowOf("raw, publish all and one flush: growth of heapUsed and external", "MB", of(raw, "usedGrowth")),
    rowOf("… longest stretch, without collector", "ms", of(raw, "ownStretchMs")),
  ];
}

function of({ watched }: Seen, what: "usedGrowth" | "ownStretchMs" | "stretchMs" | "elapsedMs"): readonly number[] {
  return watched.map((one) => one[what]);
}

async function multicasts(registry: RegistryPlace, url: string, { size, rounds }: Settings): Promise<Seen> {
  const messaging = { at: "nats", url } as const;
  const receivers = { namespace: "memory", registry, messaging, size, nodes: 2, addresses: "identity" } as const;
  await using muster = await Muster.open("Muster", receivers, { payload: KIB });
  return await seen(rounds, async () => {
    const answer = await muster.run();
    if (answer !== `${size} received`) throw new Disagreement(`${answer} of ${size}`);
  });
}

async function publishes(url: string, { size, rounds }: Settings): Promise<Seen> {
  const prefix = "raw.memory.";
  await using crew = await Crew.start([receiverOf(url, prefix, size)]);
  const connection = await connect({ servers: url });
  try {
    const body = new TextEncoder().encode(KIB);
    return await seen(rounds, async () => {
      const everyone = crew.expectOneEach();
      for (let index = 0; index < size; index += 1) connection.publish(prefix + identityOf(index), body);
      await connection.flush();
      await everyone;
    });
  } finally {
    await connection.close();
  }
}

/** One process, with one subscription to all. */
function receiverOf(url: string, prefix: string, size: number): RawPlan {
  return { kind: "raw", broker: { at: "nats", url }, prefix, share: { from: 0, to: size }, pattern: `${prefix}>` };
}

async function seen(rounds: number, work: () => Promise<void>): Promise<Seen> {
  await collectGarbage();
  const { rss } = memoryNow();
  const watched: Watched[] = [];
  for (let round = 0; round < rounds; round += 1) watched.push(await watch(work));
  return { watched, rssGrowth: Math.max(0, Math.max(...watched.map(({ peak }) => peak.rss)) - rss) };
}

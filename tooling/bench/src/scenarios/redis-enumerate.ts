/** What reading a Redis registry costs over reading a bare hash of JSON, and what an index saves. */

import { redisRegistry } from "@muster/backend-redis";
import { defineSchema, type FilterInput, type Fleet, type InputOf, type MetadataOf, openRegistry } from "@muster/core";
import { Redis } from "ioredis";
import { type Sensor, sensors } from "../documents.ts";
import { PATIENT } from "../fleets.ts";
import { handWritten, SELECTION } from "../predicates.ts";
import { playRounds } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { BATCH, CALL, identityOf, storeAll } from "../store.ts";

export const redisEnumerateScenario: Scenario = {
  name: "redis-enumerate",
  about: "reading a Redis registry by an index and without one, against HSCAN of a hash of JSON",
  defaultSize: 100_000,
  needsServers: true,
  run,
};

/** As many cells, so that a filter on one of them matches 2 %. */
const CELLS = 50;
const SCHEMA = defineSchema({ fields: { cell: { type: "string", index: true } } });
const BARE_KEY = "bare";

type CelledFleet = Fleet<MetadataOf<typeof SCHEMA>, InputOf<typeof SCHEMA>>;
type Celled = Sensor & { readonly cell: string };

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("redis");
  const { url } = server;
  const redis = new Redis(url);
  try {
    const documents = sensors(size).map((sensor, index): Celled => ({ ...sensor, cell: `c${index % CELLS}` }));
    await fill(url, redis, documents);
    await using fleet = await openRegistry({
      namespace: "bench",
      registry: redisRegistry({ url }),
      schema: SCHEMA,
      timing: PATIENT,
    });
    const inCell = Math.ceil((size - 7) / CELLS);
    const selected = documents.filter(handWritten).length;
    const played = await playRounds(
      [
        { name: "everyone", run: () => read(fleet, null, size) },
        { name: "2 % by index", run: () => read(fleet, { cell: "c7" }, inCell) },
        { name: "unindexed", run: () => read(fleet, SELECTION, selected) },
        { name: "bare HSCAN", run: () => readBare(redis, selected) },
      ],
      { rounds, size },
    );
    return {
      rows: [
        rowOf("time of 2 % by index / everyone", "×", played.ratio("2 % by index", "everyone"), { atMost: 0.05 }),
        rowOf("time of an unindexed filter / bare HSCAN", "×", played.ratio("unindexed", "bare HSCAN"), {
          atMost: 1.2,
        }),
      ],
      timings: played.timings,
    };
  } finally {
    redis.disconnect();
  }
}

/** The same documents into the registry and, as bare JSON, into one hash. */
async function fill(url: string, redis: Redis, documents: readonly Celled[]): Promise<void> {
  await using registry = redisRegistry({ url });
  await registry.open({ namespace: "bench", schema: SCHEMA }, CALL);
  await storeAll(registry, documents);
  for (let start = 0; start < documents.length; start += BATCH) {
    const batch = documents.slice(start, start + BATCH);
    await redis.hset(
      BARE_KEY,
      batch.flatMap((document, offset) => [identityOf(start + offset), JSON.stringify(document)]),
    );
  }
}

async function read(fleet: CelledFleet, filter: FilterInput | null, expected: number): Promise<string> {
  let count = 0;
  for await (const _ of fleet.identities(filter)) count += 1;
  return asExpected(count, expected);
}

async function readBare(redis: Redis, expected: number): Promise<string> {
  let count = 0;
  let cursor = "0";
  do {
    const [next, fields] = await redis.hscan(BARE_KEY, cursor, "COUNT", BATCH);
    for (let at = 1; at < fields.length; at += 2) {
      const metadata = JSON.parse(fields[at] ?? "") as Celled; // As `fill` wrote it.
      if (handWritten(metadata)) count += 1;
    }
    cursor = next;
  } while (cursor !== "0");
  return asExpected(count, expected);
}

/** The contenders read different parts, so that each knows by itself how many they are. */
function asExpected(count: number, expected: number): string {
  if (count !== expected) throw new Disagreement(`${count} were read instead of ${expected}`);
  return "everyone who was to be read";
}

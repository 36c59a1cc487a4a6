/** What the first page of an equality with an index costs over Redis: over commands by hand, and as the registry grows. */

import { redisRegistry } from "@muster/backend-redis";
import { Redis } from "ioredis";
import { CELL, type Celled, celled, fillCells, firstPage, inBatches, openCells, pageAnswer, pageOf } from "../cells.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { identityOf } from "../store.ts";

export const redisPageScenario: Scenario = {
  name: "redis-page",
  about:
    "the first hundred of an equality with an index over Redis, against ZRANGE and MGET, and of a hundredth of the size",
  defaultSize: 1_000_000,
  needsServers: true,
  run,
};

const TTL_MS = 3_600_000;

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using large = await benchServer("redis");
  await using small = await benchServer("redis");
  const redis = new Redis(large.url);
  try {
    const few = Math.ceil(size / 100);
    const limit = pageOf(few);
    await fillCells(redisRegistry({ url: large.url }), size);
    await fillCells(redisRegistry({ url: small.url }), few);
    await fillByHand(redis, size);
    await using fleet = await openCells(redisRegistry({ url: large.url }));
    await using hundredth = await openCells(redisRegistry({ url: small.url }));
    const played = await playRounds(
      [
        { name: "by hand", run: () => readByHand(redis, limit) },
        { name: "first page", run: () => firstPage(fleet, limit) },
        { name: "first page of a hundredth", run: () => firstPage(hundredth, limit) },
      ],
      { rounds, size: limit },
    );
    return {
      rows: [
        rowOf("time of the first page / by hand", "×", played.ratio("first page", "by hand"), {
          atMost: 1.3,
          floor: 1.5,
        }),
        rowOf("… / the same of a hundredth", "×", played.ratio("first page", "first page of a hundredth"), {
          atMost: 1.3,
        }),
      ],
      timings: played.timings,
    };
  } finally {
    redis.disconnect();
  }
}

/** A key with a lifetime for each, and the identities of each cell in order. */
async function fillByHand(redis: Redis, size: number): Promise<void> {
  await inBatches(size, async (from, to) => {
    const pipeline = redis.pipeline();
    for (let index = from; index < to; index += 1) {
      const document = celled(index);
      pipeline.set(keyOf(identityOf(index)), JSON.stringify(document), "PX", TTL_MS);
      pipeline.zadd(cellKeyOf(document.cell), 0, identityOf(index));
    }
    await pipeline.exec();
  });
}

/** Whoever has expired is passed over. */
async function readByHand(redis: Redis, limit: number): Promise<string> {
  const found: { readonly identity: string; readonly metadata: Celled }[] = [];
  for (let from = 0; found.length < limit; ) {
    const identities = await redis.zrange(cellKeyOf(CELL), from, from + limit - 1);
    if (identities.length === 0) break;
    const texts = await redis.mget(identities.map(keyOf));
    for (const [index, identity] of identities.entries()) {
      const text = texts[index] ?? undefined;
      if (text !== undefined && found.length < limit) found.push({ identity, metadata: JSON.parse(text) as Celled });
    }
    from += identities.length;
  }
  return pageAnswer(found.map(({ identity }) => identity));
}

function keyOf(identity: string): string {
  return `hand:${identity}`;
}

function cellKeyOf(cell: string): string {
  return `hand:cell:${cell}`;
}

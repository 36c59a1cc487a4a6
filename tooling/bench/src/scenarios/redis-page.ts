/**
 * What the first page of an equality with an index costs over Redis, asked for again and again: over commands by hand, and
 * as the registry grows. Beside it, what a page costs that has not been asked for before.
 */

import { redisRegistry } from "@muster/backend-redis";
import { Redis } from "ioredis";
import {
  CELL,
  CELL_NAMES,
  type Celled,
  celled,
  fillCells,
  firstPage,
  fullPage,
  inBatches,
  openCells,
  pageAnswer,
  pageOf,
  pagesInTurn,
} from "../cells.ts";
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
    const [others, othersByHand] = [pagesInTurn(fleet, limit), readInTurn(redis, limit)];
    const playedInTurn = await playRounds(
      [
        { name: "another page each time, by hand", run: async () => (await othersByHand.next()).value },
        { name: "another page each time", run: async () => (await others.next()).value },
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
        rowOf(
          "time of another page each time / by hand",
          "×",
          playedInTurn.ratio("another page each time", "another page each time, by hand"),
        ),
      ],
      timings: [...played.timings, ...playedInTurn.timings],
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

async function readByHand(redis: Redis, limit: number): Promise<string> {
  const found: string[] = [];
  for (let from = 0; found.length < limit; from += limit) {
    const page = await readRanks(redis, CELL, from, limit);
    if (page.length === 0) break;
    found.push(...page.slice(0, limit - found.length).map(({ identity }) => identity));
  }
  return pageAnswer(found);
}

/** As {@link pagesInTurn}. */
async function* readInTurn(redis: Redis, limit: number): AsyncGenerator<string, never, undefined> {
  while (true) {
    for (const cell of CELL_NAMES) {
      for (let from = 0; ; from += limit) {
        const { length } = await readRanks(redis, cell, from, limit);
        if (length < limit) break;
        yield fullPage(length);
      }
    }
  }
}

/** Whoever has expired is passed over. */
async function readRanks(
  redis: Redis,
  cell: string,
  from: number,
  limit: number,
): Promise<readonly { readonly identity: string; readonly metadata: Celled }[]> {
  const identities = await redis.zrange(cellKeyOf(cell), from, from + limit - 1);
  if (identities.length === 0) return [];
  const texts = await redis.mget(identities.map(keyOf));
  return identities.flatMap((identity, index) => {
    const text = texts[index] ?? undefined;
    return text === undefined ? [] : [{ identity, metadata: JSON.parse(text) as Celled }];
  });
}

function keyOf(identity: string): string {
  return `hand:${identity}`;
}

function cellKeyOf(cell: string): string {
  return `hand:cell:${cell}`;
}

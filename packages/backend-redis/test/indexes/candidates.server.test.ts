import { and, compileFilter, type Filter, identity, type Metadata, or, where } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, test } from "vitest";
import { candidatePages } from "../../src/indexes/candidates.ts";
import { CALL, Place, type Process, schemaOf } from "./support.ts";

const COUNT = 3_000;
const SCHEMA = schemaOf({ n: "float", kind: "string", zone: "string", at: "geo_point" });

function idOf(n: number): string {
  return `id-${String(n).padStart(5, "0")}`;
}

function metadataOf(n: number): Metadata {
  return {
    n,
    kind: n % 10 === 0 ? "rare" : "common",
    zone: n % 20 < 4 ? "a" : "b",
    at: { lat: (n % 181) - 90, lon: ((n * 7) % 361) - 180 },
  };
}

const CROWD = Object.fromEntries(Array.from({ length: COUNT }, (_, n) => [idOf(n), metadataOf(n)]));

function range(from: number, to: number, step = 1): readonly string[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => idOf(from + i * step));
}

async function* pagesOf(
  { client, store: { keys }, catalogue }: Process,
  filter: Filter,
  pageSize: number,
): AsyncGenerator<readonly string[]> {
  const pages = await candidatePages({ client, keys, catalogue }, filter, { pageSize }, CALL);
  if (pages !== undefined) yield* pages;
}

await withServer("redis", { persistent: false }, (server) => {
  describe("candidates", { timeout: 60_000 }, () => {
    async function crowded(place: Place): Promise<Process> {
      const process = await place.open(SCHEMA);
      await process.put(CROWD);
      return process;
    }

    test("come in order of identity, at any page size, behind any identity", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const filters: readonly (readonly [Filter, readonly string[]])[] = [
        [where("kind").eq("rare"), range(0, COUNT, 10)],
        [where("n").lt(100), range(0, 100)],
        [where("n").in([7, 3, 7, 2_000]), [idOf(3), idOf(7), idOf(2_000)]],
        [or(where("n").lt(2), where("n").eq(2_999)), [idOf(0), idOf(1), idOf(2_999)]],
        [
          or(where("n").in([5, 10, 2_999]), where("kind").eq("rare")),
          [...range(0, COUNT, 10), idOf(5), idOf(2_999)].sort(),
        ],
        [identity.startswith("id-0001"), range(10, 20)],
        [identity.in([idOf(4), idOf(2), "nobody"]), [idOf(2), idOf(4)]],
        [and(where("kind").eq("rare"), where("zone").eq("a")), range(0, COUNT, 20)],
        [where("n").eq(-1), []],
        [where("n").in([]), []],
      ];
      for (const [filter, expected] of filters) {
        for (const pageSize of [7, 1_000, 100_000]) {
          expect(await one.candidates(filter, { pageSize }), JSON.stringify(filter)).toEqual(expected);
        }
        for (const after of [idOf(3), "id-00003x", "zzz"]) {
          const behind = expected.filter((id) => id > after);
          expect(await one.candidates(filter, { after, pageSize: 5 }), JSON.stringify(filter)).toEqual(behind);
        }
      }
    });

    test("are all there when they are more than one script may read", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const more = Array.from({ length: 4 * COUNT }, (_, i) => [idOf(COUNT + i), metadataOf(COUNT + i)] as const);
      await one.put(Object.fromEntries(more));
      expect(await one.candidates(where("n").lt(7_000), { pageSize: 1_000 })).toEqual(range(0, 7_000));
    });

    test("of a conjunction are those of its smallest part that have the values it asks of others", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const small = and(where("kind").eq("rare"), where("n").lt(500), where("n").gte(400));
      expect(await one.candidates(small)).toEqual(range(400, 500, 10));
      const few = and(where("kind").eq("rare"), where("n").lt(20));
      expect(await one.candidates(few)).toEqual(range(0, 20));
      const none = and(where("kind").eq("rare"), where("zone").eq("elsewhere"));
      expect(await one.candidates(none)).toEqual([]);
    });

    test.each([
      ["a negation", where("n").ne(5)],
      ["a field without an index", where("other").eq(1)],
      ["an alternative without an index", or(where("n").eq(1), where("other").eq(1))],
      ["most of all", where("kind").eq("common")],
    ])("there are none to be had of %s", async (_, filter) => {
      await using place = new Place(server);
      const one = await crowded(place);
      expect(await one.candidates(filter)).toBeUndefined();
    });

    test("are few around a place, over the antimeridian too", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const found = await one.candidates(where("at").near({ lat: -89, lon: -173, radiusM: 1_000 }));
      expect(found).toEqual(expect.arrayContaining([idOf(1)]));
      const box = { south: -20, north: 20, west: 160, east: -160 };
      const across = await one.candidates(where("at").within(box));
      const isWithin = compileFilter(where("at").within(box));
      const expected = Object.keys(CROWD).filter((id) => isWithin(CROWD[id] ?? {}));
      expect(expected.length).toBeGreaterThan(50);
      expect(across).toEqual(expect.arrayContaining(expected));
      expect(across?.length).toBeLessThan(COUNT / 5);
    });

    test("include whoever moves from one end of a range to the other while it is read", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const seen: string[] = [];
      let round = 0;
      for await (const page of pagesOf(one, where("n").lt(500), 50)) {
        seen.push(...page);
        const moved = range(0, 500, 7).map((id, i) => [id, { ...CROWD[id], n: (i * 31 + round * 97) % 500 }] as const);
        await one.put(Object.fromEntries(moved));
        round += 1;
      }
      expect(seen).toEqual(range(0, 500));
      expect(round).toBeGreaterThan(5);
    });

    test("include whoever moves while more is read than one script may read", async () => {
      await using place = new Place(server);
      const [one, other] = [await crowded(place), await place.open()];
      const filter = where("n").in(Array.from({ length: 500 }, (_, n) => n));
      let isOver = false;
      const move = async (): Promise<number> => {
        let rounds = 0;
        for (; !isOver; rounds += 1) {
          const ids = range(0, 500, 50).map(
            (id, i) => [id, { ...CROWD[id], n: (i * 131 + rounds * 97) % 500 }] as const,
          );
          await other.put(Object.fromEntries(ids));
        }
        return rounds;
      };
      const moving = move();
      for (let asked = 0; asked < 30; asked += 1) {
        expect(await one.candidates(filter)).toEqual(expect.arrayContaining([...range(0, 500)]));
      }
      isOver = true;
      expect(await moving).toBeGreaterThan(10);
      expect(await one.candidates(filter)).toEqual(range(0, 500));
    });

    test("go on behind the last one when the catalogue changes between two pages", async () => {
      await using place = new Place(server);
      const [one, other] = [await crowded(place), await place.open()];
      const seen: string[] = [];
      for await (const page of pagesOf(one, where("kind").eq("rare"), 50)) {
        seen.push(...page);
        if (seen.length === 100) await place.open(schemaOf({ another: "string" }));
      }
      expect(seen).toEqual(range(0, COUNT, 10));
      expect(await other.candidates(where("kind").eq("rare"))).toEqual(seen);
    });

    test("miss nobody behind the last one when the indexes are lost between two pages", async () => {
      await using place = new Place(server);
      const one = await crowded(place);
      const seen: string[] = [];
      for await (const page of pagesOf(one, where("kind").eq("rare"), 50)) {
        seen.push(...page);
        if (seen.length === 50) await one.forgetIndexes();
      }
      expect(seen).toEqual([...new Set(seen)].toSorted());
      expect(seen).toEqual(expect.arrayContaining([...range(0, COUNT, 10)]));
    });
  });
});

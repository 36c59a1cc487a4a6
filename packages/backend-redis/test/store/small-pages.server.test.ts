/** Small pages by an index: the first time by one script, the second time and from then on with what is kept of it. */

import type { Registration, RegistryBackend, SetEntry } from "@muster/core/slots";
import { and, type Filter, identity, type Metadata, where } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, numbered, outcomeOf, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { redisRegistry } from "../../src/index.ts";
import { indexKey, registryKeys } from "../../src/keys.ts";
import { schemaOf } from "../indexes/support.ts";
import { tell } from "../support.ts";

const SECOND = 1_000;
const SCHEMA = schemaOf({ cell: "string" });
const RED = where("cell").eq("red");
const red = (changes: Partial<SetEntry> = {}): Partial<SetEntry> => ({ metadata: { cell: "red" }, ...changes });

/** A namespace of its own, as one process knows it. */
interface Place extends AsyncDisposable {
  readonly namespace: string;
  readonly registry: RegistryBackend;
  /** What stands in the index for a value and an identity. */
  member(value: string, name: string): readonly [key: string, member: string];
  store(entries: readonly SetEntry[]): Promise<readonly Registration[]>;
}

async function open(url: string, { namespace = freshNamespace(), schema = SCHEMA } = {}): Promise<Place> {
  const registry = redisRegistry({ url });
  await registry.open({ namespace, schema }, within(5 * SECOND));
  return {
    namespace,
    registry,
    member: (value, name) => [indexKey("muster", namespace, 0), `4${value}\0${name}`],
    async store(entries) {
      const outcomes = await registry.setMany(entries, within(20 * SECOND));
      return outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored] : []));
    },
    [Symbol.asyncDispose]: () => registry.close(),
  };
}

interface Asked {
  readonly pageSize?: number;
  readonly after?: string;
}

async function read(
  { registry }: Place,
  filter: Filter,
  { pageSize = 10, ...behind }: Asked = {},
): Promise<readonly Registration[]> {
  const all: Registration[] = [];
  for await (const page of registry.scan({ filter, pageSize, ...behind }, within(20 * SECOND))) {
    expect(page.length).toBeLessThanOrEqual(pageSize);
    all.push(...page);
  }
  return all;
}

async function namesOf(place: Place, filter: Filter = RED, asked: Asked = {}): Promise<readonly string[]> {
  return (await read(place, filter, asked)).map((one) => one.identity);
}

/** Asked once, again, and with what is kept: each time it must be this, and the same as pages that are not small have. */
async function expectRead(place: Place, expected: readonly string[], filter = RED, asked: Asked = {}): Promise<void> {
  const whole = await read(place, filter, { ...asked, pageSize: 1_000 });
  expect(whole.map((one) => one.identity)).toEqual(expected);
  for (let time = 0; time < 3; time += 1) expect(await read(place, filter, asked)).toEqual(whole);
}

async function calls(url: string, command: string): Promise<number> {
  const stats = String(await tell(url, "INFO", "commandstats"));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

await withServer("redis", { persistent: false }, ({ url }) => {
  describe("a small page", { timeout: 60_000 }, () => {
    test("is in order of identity, at any size, behind anybody, and has what long pages have", async () => {
      await using place = await open(url);
      const names = numbered(60).toSorted();
      await place.store(
        names.map((name, n) => entry(name, { metadata: { cell: n % 2 === 0 ? "red" : "blue", n, of: { name } } })),
      );
      const reds = names.filter((_, n) => n % 2 === 0);
      for (const pageSize of [1, 7, 29, 30, 31, 256]) await expectRead(place, reds, RED, { pageSize });
      for (const after of [reds[4] ?? "", names[5] ?? "", `${reds[4]}\0`, "zzz"]) {
        const behind = reds.filter((name) => name > after);
        await expectRead(place, behind, RED, { after, pageSize: 5 });
      }
      await expectRead(place, [], where("cell").eq("green"));
    });

    test("is asked for without counting anything first, and without its records from the third time on", async () => {
      await using place = await open(url);
      await place.store(numbered(30).map((name) => entry(name, red())));
      const firstPage = async (): Promise<readonly string[]> => {
        for await (const page of place.registry.scan({ filter: RED, pageSize: 10 }, within(SECOND))) {
          return page.map((one) => one.identity);
        }
        return [];
      };
      const countsBefore = await calls(url, "zlexcount");
      expect(await firstPage()).toHaveLength(10);
      const once = await firstPage();
      const readsBefore = await calls(url, "hmget");
      expect(await firstPage()).toEqual(once);
      expect(await calls(url, "hmget")).toBe(readsBefore + 1);
      expect(await calls(url, "zlexcount")).toBe(countsBefore);
    });

    test("lacks whom the record rules out, whatever the index says", async () => {
      await using place = await open(url);
      await place.store([entry("a", red()), entry("b", { metadata: { cell: "blue" } }), entry("c", red()), entry("d")]);
      for (const name of ["b", "d", "nobody"]) {
        const [key, member] = place.member("red", name);
        await tell(url, "ZADD", key, 0, member);
      }
      await expectRead(place, ["a", "c"]);
      await expectRead(place, ["a", "c"], RED, { pageSize: 1 });
    });

    test("lacks who has expired, though he stands in the index until he is reaped", async () => {
      await using place = await open(url);
      const stored = await place.store([
        ...numbered(40).map((name) => entry(`gone-${name}`, red({ ttlMs: 200 }))),
        entry("a", red()),
        entry("z", red({ ttlMs: 60 * SECOND })),
      ]);
      for (let time = 0; time < 3; time += 1) expect(await namesOf(place)).toEqual(expect.arrayContaining(["a", "z"]));
      const last = stored[39]?.identity ?? "";
      await expect.poll(() => place.registry.getMany([last], within(SECOND)), { timeout: 5_000 }).toEqual([undefined]);
      await expectRead(place, ["a", "z"]);
      const [key] = place.member("red", "");
      expect(await tell(url, "ZCARD", key)).toBe(42);
    });

    test("has each write of others since it was asked for: nothing that is kept outlives it", async () => {
      await using place = await open(url);
      await using other = await open(url, { namespace: place.namespace });
      const [, b, c, d, e] = await other.store(["a", "b", "c", "d", "e"].map((name) => entry(name, red())));
      await expectRead(place, ["a", "b", "c", "d", "e"]);
      const metadata: Metadata = { cell: "red", is: "new" };
      await other.store([entry("b", { metadata, mode: { epoch: b?.epoch ?? 0 } })]);
      expect((await read(place, RED)).find((one) => one.identity === "b")?.metadata).toEqual(metadata);
      await other.store([entry("c", { metadata: { cell: "blue" }, mode: { epoch: c?.epoch ?? 0 } })]);
      expect(await namesOf(place)).toEqual(["a", "b", "d", "e"]);
      await other.registry.deleteMany([{ identity: "d", epoch: d?.epoch ?? 0 }], within(SECOND));
      expect(await namesOf(place)).toEqual(["a", "b", "e"]);
      const [expiresAt] = await other.registry.renewMany(
        [{ identity: "e", epoch: e?.epoch ?? 0, ttlMs: 60 * SECOND }],
        within(SECOND),
      );
      expect((await read(place, RED)).find((one) => one.identity === "e")).toMatchObject({ expiresAt });
      const [again] = await other.store([entry("d", red({ metadata: { cell: "red", life: 2 } }))]);
      expect((await read(place, RED)).find((one) => one.identity === "d")).toEqual(again);
      await expectRead(place, ["a", "b", "d", "e"]);
    });

    test("reads again, together with its stamp, a record that has been written since the stamp was read", async () => {
      await using place = await open(url);
      const { records } = registryKeys("muster", place.namespace);
      await place.store(["a", "b", "c"].map((name) => entry(name, red())));
      expect(await namesOf(place)).toEqual(["a", "b", "c"]);
      await tell(url, "HSET", records, "b", `another\0${JSON.stringify({ cell: "red", is: "new" })}`);
      await tell(url, "HSET", records, "c", `another\0${JSON.stringify({ cell: "blue" })}`);
      for (let time = 0; time < 2; time += 1) {
        const found = await read(place, RED);
        expect(found.map((one) => one.identity)).toEqual(["a", "b"]);
        expect(found[1]?.metadata).toEqual({ cell: "red", is: "new" });
      }
    });

    test("passes over an entry whose stamp has gone, also where nobody is left", async () => {
      await using place = await open(url);
      const { stamps } = registryKeys("muster", place.namespace);
      await place.store(["a", "b", "c", "d", "e"].map((name) => entry(name, red())));
      await tell(url, "HDEL", stamps, "b", "c", "d");
      await expectRead(place, ["a", "e"], RED, { pageSize: 2 });
    });

    test("of large records comes a few at a time, in order and once, and what is kept of it is not too much", async () => {
      await using place = await open(url);
      const names = numbered(20, "large");
      const text = "x".repeat(200_000);
      for (let from = 0; from < names.length; from += 10) {
        const some = names.slice(from, from + 10).map((name) => entry(name, red({ metadata: { cell: "red", text } })));
        await place.store(some);
      }
      for (const pageSize of [7, 100]) await expectRead(place, names, RED, { pageSize });
    });

    test("is found by what no index knows, too, however few that leaves", async () => {
      await using place = await open(url);
      const names = numbered(300).toSorted();
      await place.store(names.map((name, n) => entry(name, red({ metadata: { cell: "red", n } }))));
      await expectRead(place, names.slice(0, 3), and(RED, where("n").lt(3)), { pageSize: 10 });
      await expectRead(place, names.slice(-3), and(RED, where("n").gte(297)), { pageSize: 10 });
      await expectRead(place, names.slice(0, 270), and(RED, where("n").lt(270)), { pageSize: 25 });
    });

    test("of identities between two is read in their order", async () => {
      await using place = await open(url);
      await place.store(["a-1", "a-2", "a-3", "b-1", "ä-1"].map((name) => entry(name)));
      await expectRead(place, ["a-1", "a-2", "a-3"], identity.startswith("a-"), { pageSize: 2 });
      await expectRead(place, ["a-3"], identity.startswith("a-"), { pageSize: 2, after: "a-2" });
      await expectRead(place, ["b-1", "ä-1"], identity.gt("a-3"), { pageSize: 1 });
      await expectRead(place, [], identity.startswith("a-"), { after: "b" });
    });

    test("finds names and values of every kind", async () => {
      await using place = await open(url);
      const names = ["!", "a\u0001", "a b", "*?[x]\\", "{}", "A", "é", "ﬀ", "\u{10ffff}", "😀", "名", "x".repeat(900)];
      const values = ["red", "", "r\u0001", "*", "[x", "(", "+", "-", "é", "😀", "y".repeat(80), `${"y".repeat(80)}z`];
      for (const [n, value] of values.entries()) {
        await place.store(names.map((name) => entry(`${name}${n}`, { metadata: { cell: value } })));
      }
      for (const [n, value] of values.entries()) {
        const expected = names
          .map((name) => `${name}${n}`)
          .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        await expectRead(place, expected, where("cell").eq(value), { pageSize: 5 });
      }
      for (const value of [null, true, 7, -0.5, [1], { a: 1 }]) {
        await place.store([entry(`of ${JSON.stringify(value)}`, { metadata: { cell: value } })]);
      }
      for (const value of [null, true, 7, -0.5]) {
        await expectRead(place, [`of ${JSON.stringify(value)}`], where("cell").eq(value));
      }
    });

    test("is right when others add an index, and when the indexes are lost, between two of its reads", async () => {
      await using place = await open(url);
      await place.store(["a", "b", "c"].map((name) => entry(name, red())));
      await expectRead(place, ["a", "b", "c"]);
      await using other = await open(url, {
        namespace: place.namespace,
        schema: schemaOf({ cell: "string", n: "float" }),
      });
      expect(await namesOf(place)).toEqual(["a", "b", "c"]);
      expect(await namesOf(other)).toEqual(["a", "b", "c"]);
      const { catalogue, values } = registryKeys("muster", place.namespace);
      await tell(url, "DEL", catalogue, values, ...[0, 1].map((n) => indexKey("muster", place.namespace, n)));
      for (let time = 0; time < 3; time += 1) expect(await namesOf(place)).toEqual(["a", "b", "c"]);
    });

    test("is refused where a stamp is of a newer release", async () => {
      await using place = await open(url);
      await place.store(["a", "b"].map((name) => entry(name, red())));
      const { stamps } = registryKeys("muster", place.namespace);
      await tell(url, "HSET", stamps, "b", "2\0of another shape");
      for (let time = 0; time < 3; time += 1) expect(await outcomeOf(read(place, RED))).toBe("UNSUPPORTED");
    });

    test("is the same for those who ask for it at once", async () => {
      await using place = await open(url);
      await place.store(numbered(30).map((name) => entry(name, red())));
      const all = await namesOf(place, RED, { pageSize: 1_000 });
      const asked = Array.from({ length: 20 }, () => namesOf(place, RED, { pageSize: 7 }));
      for (const names of await Promise.all(asked)) expect(names).toEqual(all);
    });
  });
});

await withServer("redis", { persistent: false, arguments: ["--maxmemory-policy", "noeviction"] }, ({ url }) => {
  test("small pages come from a server that has forgotten its scripts, is full, or is a replica", async () => {
    await using place = await open(url);
    await place.store(["a", "b", "c"].map((name) => entry(name, red())));
    const reading = async (): Promise<void> => {
      for (let time = 0; time < 3; time += 1) expect(await namesOf(place)).toEqual(["a", "b", "c"]);
    };
    await tell(url, "SCRIPT", "FLUSH");
    await reading();
    await tell(url, "SCRIPT", "FLUSH");
    await tell(url, "CONFIG", "SET", "maxmemory", "1kb");
    await reading();
    expect(await outcomeOf(place.registry.setMany([entry("d")], within(SECOND)))).toBe("UNAVAILABLE");
    await tell(url, "CONFIG", "SET", "maxmemory", "0");
    await tell(url, "REPLICAOF", "127.0.0.1", "1"); // Where no master is: it keeps what it has.
    await reading();
    await tell(url, "REPLICAOF", "NO", "ONE");
    await place.store([entry("d", red())]);
    expect(await namesOf(place)).toEqual(["a", "b", "c", "d"]);
  });
});

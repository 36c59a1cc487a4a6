/** What the kit can't see of the registry: what it leaves in the tables, and how writers of many rows get on with each other. */

import type { RegistryBackend, SetEntry } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { collected, entry, freshNamespace, outcomeOf, SOON, within } from "@muster/testing";
import { expect, test } from "vitest";
import { bigintArray, booleanArray, jsonbArray, textArray } from "../src/codec.ts";
import { optionsOf } from "./standalone.ts";
import { opened, poolOf, tell } from "./support.ts";

const SECOND = 1_000;

async function store(registry: RegistryBackend, entries: readonly SetEntry[]): Promise<readonly number[]> {
  const outcomes = await registry.setMany(entries, within(20 * SECOND));
  return outcomes.map((outcome) => ("stored" in outcome ? outcome.stored.epoch : 0));
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `id-${String(index).padStart(5, "0")}`);
}

await withServer("postgres", {}, (server) => {
  const rowsOf = async (namespace: string): Promise<readonly number[]> => {
    const text = `select (select count(*) from muster.registrations where namespace = $1),
      (select count(*) from muster.metadata where namespace = $1)`;
    const [row = []] = await tell(server, text, [namespace]);
    return row.map(Number);
  };

  test("nothing is left in the tables once everybody has gone, by whatever way", async () => {
    const namespace = freshNamespace();
    await using registry = await opened(optionsOf(server), { namespace });
    const [epoch = 0] = await store(registry, [
      entry("deleted"),
      entry("expired", { ttlMs: 20 }),
      entry("taken over", { ttlMs: 20 }),
      entry("$session/s", { ttlMs: 20 }),
    ]);
    await store(registry, [entry("taken over", { mode: "replace", ttlMs: 20 })]);
    expect(await rowsOf(namespace)).toEqual([4, 4]);
    await registry.deleteMany([{ identity: "deleted", epoch }], within(SECOND));
    let steps = 0;
    await expect
      .poll(async () => {
        const claims = await registry.reap({ limit: 100, claimMs: 60_000, graceMs: 0 }, within(SECOND));
        await registry.confirmMany(claims, within(SECOND));
        steps += claims.length;
        return steps;
      }, SOON)
      .toBe(6);
    expect(await rowsOf(namespace)).toEqual([0, 0]);
  });

  test("a renewal rewrites no metadata", async () => {
    const namespace = freshNamespace();
    await using registry = await opened(optionsOf(server), { namespace });
    const [epoch = 0] = await store(registry, [entry("a", { ttlMs: 60_000, metadata: { n: 1 } })]);
    const versions = async (): Promise<readonly unknown[]> => {
      const text = `select r.xmin, m.xmin from muster.registrations r join muster.metadata m using (namespace, identity)
        where namespace = $1`;
      return (await tell(server, text, [namespace]))[0] ?? [];
    };
    const [row, metadata] = await versions();
    await registry.renewMany([{ identity: "a", epoch, ttlMs: 120_000 }], within(SECOND));
    const [renewed, untouched] = await versions();
    expect(renewed).not.toBe(row);
    expect(untouched).toBe(metadata);
  });

  test("epochs keep every digit up to the last safe integer", async () => {
    const last = Number.MAX_SAFE_INTEGER - 1;
    const options = { ...optionsOf(server), schemaName: "epochs" };
    await using registry = await opened(options);
    await tell(server, `alter sequence epochs.epochs restart with ${last}`);
    expect(await store(registry, [entry("a")])).toEqual([last]);
    expect(await store(registry, [entry("a", { mode: "replace" })])).toEqual([last + 1]);
    const [fenced, renewed] = [
      { identity: "a", epoch: last },
      { identity: "a", epoch: last + 1 },
    ];
    expect(await registry.renewMany([fenced], within(SECOND))).toEqual(["fenced"]);
    expect(await registry.renewMany([renewed], within(SECOND))).toEqual(["never"]);
    expect(await outcomeOf(store(registry, [entry("b")]))).toBe("INVALID_ARGUMENT");
  });

  test("writers of the same many rows in any order keep nobody waiting in a circle", { timeout: 60_000 }, async () => {
    await using registry = await opened(optionsOf(server));
    const identities = numbered(100);
    const shuffled = (): readonly string[] => identities.toSorted(() => Math.random() - 0.5);
    const writing = Array.from({ length: 24 }, async (_, n) => {
      const call = within(30 * SECOND);
      if (n % 3 === 0)
        await registry.setMany(
          shuffled().map((one) => entry(one, { mode: "replace", ttlMs: 60_000 })),
          call,
        );
      if (n % 3 === 1) {
        const found = await registry.getMany(shuffled(), call);
        const leases = found.flatMap((one) => (one ? [{ identity: one.identity, epoch: one.epoch }] : []));
        await registry.renewMany(leases, call);
      }
      if (n % 3 === 2) {
        const found = await registry.getMany(shuffled(), call);
        const keys = found.flatMap((one) => (one ? [{ identity: one.identity, epoch: one.epoch }] : []));
        await registry.deleteMany(keys, call);
      }
    });
    expect(new Set(await Promise.all(writing.map(outcomeOf)))).toEqual(new Set(["fine"]));
    const standing = await collected(registry.scan({ pageSize: 1_000 }, within(SECOND)));
    expect((await registry.census(within(SECOND))).counted).toBe(standing.length);
  });

  test("a session is not reaped while something is being bound to it that its reaper would not see", async () => {
    const namespace = freshNamespace();
    await using registry = await opened(optionsOf(server), { namespace });
    await store(registry, [entry("$session/s", { ttlMs: 300 })]);
    const pool = poolOf(server, 1);
    const slow = await pool.connect();
    await slow.query("begin");
    await slow.query("select muster.set_many($1, null, 0, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", [
      namespace,
      textArray(["a"]),
      jsonbArray(["{}"]),
      textArray(["attempt"]),
      textArray(["c"]),
      ...[bigintArray([undefined]), bigintArray([undefined]), bigintArray([60_000])],
      ...[textArray(["s"]), textArray([undefined]), booleanArray([true])],
    ]);
    const reap = async (): Promise<readonly string[]> => {
      const claims = await registry.reap({ limit: 10, claimMs: 60_000, graceMs: 0 }, within(SECOND));
      return claims.map(({ registration }) => registration.identity);
    };
    const isOver = async (): Promise<boolean> =>
      (await registry.getMany(["$session/s"], within(SECOND)))[0] === undefined;
    await expect.poll(isOver, SOON).toBe(true);
    expect(await reap()).toEqual([]);
    await slow.query("commit");
    slow.release();
    await pool.end();
    expect(await reap()).toEqual(["$session/s"]);
    const served = await collected(registry.scan({ session: "s", pageSize: 10 }, within(SECOND)));
    expect(served.map(({ identity }) => identity)).toEqual(["a"]);
    const [late] = await registry.setMany([entry("b", { session: "s", sessionBound: true })], within(SECOND));
    expect(late).toEqual({ refused: "session" });
  });

  test("records that are longer than promised are refused before anything is sent", async () => {
    await using registry = await opened(optionsOf(server));
    const long = entry("long", { metadata: { text: "\u20ac".repeat(registry.traits.maxRecordBytes / 3) } });
    expect(await outcomeOf(store(registry, [entry("short"), long]))).toBe("PAYLOAD_TOO_LARGE");
    expect((await registry.census(within(SECOND))).counted).toBe(0);
  });

  test("records as long as promised are kept, and a hundred large ones come back whole, in order", async () => {
    await using registry = await opened(optionsOf(server));
    const longest = entry("a", { metadata: { text: "x".repeat(registry.traits.maxRecordBytes - 512) } });
    const large = numbered(100).map((identity, n) => entry(identity, { metadata: { n, text: "y".repeat(65_000) } }));
    await store(registry, [longest, ...large]);
    const scanned = await collected(registry.scan({ pageSize: 1_000 }, within(20 * SECOND)));
    expect(scanned.map(({ metadata }) => metadata)).toEqual([longest, ...large].map(({ metadata }) => metadata));
  });

  test("names that no text of the server holds are refused", async () => {
    await using registry = await opened(optionsOf(server));
    const refused = async (changes: Partial<SetEntry>): Promise<string> =>
      outcomeOf(store(registry, [entry("a", changes)]));
    expect(await refused({ identity: "a\0b" })).toBe("INVALID_IDENTITY");
    expect(await refused({ identity: "x".repeat(1_025) })).toBe("INVALID_IDENTITY");
    for (const changes of [{ session: "s\0t" }, { session: "" }, { address: "a\0" }, { attempt: "\0" }])
      expect(await refused(changes)).toBe("INVALID_ARGUMENT");
    expect(await refused({ session: "x".repeat(1_025) })).toBe("INVALID_ARGUMENT");
    expect((await registry.census(within(SECOND))).counted).toBe(0);
  });
});

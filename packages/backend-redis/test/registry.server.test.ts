/** What the kit can't see of the registry: what it leaves in Redis, and how it behaves at the server's limits. */

import type { RegistryBackend, Scope, SetEntry } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, numbered, outcomeOf, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { redisRegistry } from "../src/index.ts";
import { registryKeys } from "../src/keys.ts";
import { tell } from "./support.ts";

const SECOND = 1_000;
const REAP = { limit: 100, claimMs: 60 * SECOND, graceMs: 0 };

async function open(url: string, scope: Partial<Scope> = {}): Promise<RegistryBackend> {
  const registry = redisRegistry({ url });
  await registry.open({ namespace: freshNamespace(), ...scope }, within(5 * SECOND));
  return registry;
}

async function epochOf(registry: RegistryBackend, identity: string): Promise<number | undefined> {
  const [one] = await registry.getMany([identity], within(SECOND));
  return one?.epoch;
}

async function store(registry: RegistryBackend, entries: readonly SetEntry[]): Promise<readonly number[]> {
  const outcomes = await registry.setMany(entries, within(20 * SECOND));
  return outcomes.map((outcome) => ("stored" in outcome ? outcome.stored.epoch : 0));
}

/** Waits until so many steps have been claimed. */
async function endAll(registry: RegistryBackend, count: number): Promise<void> {
  const deadline = performance.now() + 10 * SECOND;
  for (let ended = 0; ended < count; ) {
    if (performance.now() > deadline) throw new Error(`${ended} of ${count} steps were due`);
    const claims = await registry.reap(REAP, within(SECOND));
    await registry.confirmMany(claims, within(SECOND));
    ended += claims.length;
  }
}

await withServer("redis", { persistent: false }, ({ url }) => {
  describe("epochs", () => {
    test("go on from the last one given, whatever the clock says, with every digit", async () => {
      const namespace = freshNamespace();
      await using registry = await open(url, { namespace });
      const { stamps } = registryKeys("muster", namespace);
      const last = Number.MAX_SAFE_INTEGER - 3;
      await tell(url, "HSET", stamps, "", String(last));
      expect(await store(registry, [entry("a"), entry("b")])).toEqual([last + 1, last + 2]);
      expect(await epochOf(registry, "b")).toBe(last + 2);
      const key = { identity: "b", epoch: last + 2 };
      expect(await registry.renewMany([{ ...key, epoch: last + 1 }, key], within(SECOND))).toEqual(["fenced", "never"]);
      expect(await registry.deleteMany([key], within(SECOND))).toEqual(["deleted"]);
      expect(await store(registry, [entry("b")])).toEqual([last + 3]);
    });
  });

  describe("keys", () => {
    test("hold nothing but the last epoch once everybody has gone, by whatever way", async () => {
      const namespace = freshNamespace();
      const path = ["n"] as const;
      const schema = {
        fields: { n: { type: "float" as const, path, required: false, index: true } },
        additional: "keep" as const,
      };
      await using registry = await open(url, { namespace, schema });
      const metadata = { n: 1 };
      await store(registry, [entry("$session/s", { ttlMs: 60 * SECOND })]);
      const bound = ["bound", "bound, deleted", "bound, deleted with another", "bound, the other"];
      const names = ["deleted", "expired", "taken over", "updated", ...bound];
      const given = { metadata, session: "s", ttlMs: 20 };
      const epochs = await store(
        registry,
        names.map((name) => entry(name, { ...given, sessionBound: bound.includes(name) })),
      );
      await store(registry, [entry("taken over", { ...given, mode: "replace", session: "t", metadata: { n: 2 } })]);
      const mode = { epoch: epochs[3] ?? 0 };
      await registry.setMany([entry("updated", { ...given, mode, session: "u", attempt: "another" })], within(SECOND));
      const [first, , , , , ...boundKeys] = names.map((identity, at) => ({ identity, epoch: epochs[at] ?? 0 }));
      for (const some of [first === undefined ? [] : [first], boundKeys.slice(0, 1), boundKeys.slice(1)])
        await registry.deleteMany(some, within(SECOND));
      const left = await registry.getMany(["bound", "$session/s"], within(SECOND));
      await registry.renewMany(
        left.flatMap((one) => (one ? [{ identity: one.identity, epoch: one.epoch, expiresAt: one.registeredAt }] : [])),
        within(SECOND),
      );
      const [session] = left.slice(1);
      await registry.deleteMany([{ identity: "$session/s", epoch: session?.epoch ?? 0 }], within(SECOND));
      await endAll(registry, 2 * ["expired", "taken over", "bound", "updated"].length);
      const { stamps, catalogue } = registryKeys("muster", namespace);
      const keys = (await tell(url, "KEYS", `*${namespace}*`)) as readonly string[];
      expect([...keys].sort()).toEqual([catalogue, stamps].sort());
      expect(await tell(url, "HKEYS", stamps)).toEqual([""]);
    });

    test("of one namespace lie in one slot, and those of another elsewhere", () => {
      const flat = (value: unknown): readonly string[] =>
        typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(flat);
      const tags = (namespace: string): ReadonlySet<string> =>
        new Set(flat(registryKeys("muster", namespace)).map((key) => key.split(/[{}]/)[1] ?? ""));
      expect([tags("a"), tags("b.c")]).toEqual([new Set(["a"]), new Set(["b.c"])]);
    });
  });

  describe("records", () => {
    test("that are longer than promised are refused before anything is sent", async () => {
      await using registry = await open(url);
      const long = entry("long", { metadata: { text: "\u20ac".repeat(registry.traits.maxRecordBytes / 3) } });
      expect(await outcomeOf(registry.setMany([entry("short"), long], within(SECOND)))).toBe("PAYLOAD_TOO_LARGE");
      expect(await epochOf(registry, "short")).toBeUndefined();
    });

    test("as long as promised are kept, and a hundred large ones come back whole, in order, on every way", async () => {
      await using registry = await open(url);
      const longest = entry("a", { metadata: { text: "x".repeat(registry.traits.maxRecordBytes - 512) } });
      const identities = numbered(100);
      const large = identities.map((identity, n) => entry(identity, { metadata: { n, text: "y".repeat(65_000) } }));
      await store(registry, [longest, ...large]);
      const expected = [longest, ...large].map(({ metadata }) => metadata);
      const read = await registry.getMany(["a", ...identities], within(20 * SECOND));
      expect(read.map((one) => one?.metadata)).toEqual(expected);
      const scanned: unknown[] = [];
      for await (const page of registry.scan({ pageSize: 1_000 }, within(20 * SECOND)))
        scanned.push(...page.map(({ metadata }) => metadata));
      expect(scanned).toEqual(expected);
    });

    test("of a newer release are not touched", async () => {
      const namespace = freshNamespace();
      await using registry = await open(url, { namespace });
      const { stamps } = registryKeys("muster", namespace);
      const stamp = ["2", "s", "never", "7", "1", "0", "", "", "", "x", "more"].join("\0");
      await tell(url, "HSET", stamps, "a", stamp);
      const call = within(SECOND);
      const entries = [entry("b"), entry("a", { mode: "replace" })];
      expect(await outcomeOf(registry.setMany(entries, call))).toBe("UNSUPPORTED");
      expect(await outcomeOf(registry.deleteMany([{ identity: "a", epoch: 7 }], call))).toBe("UNSUPPORTED");
      expect(await outcomeOf(registry.getMany(["a"], call))).toBe("UNSUPPORTED");
      expect([await epochOf(registry, "b"), await tell(url, "HGET", stamps, "a")]).toEqual([undefined, stamp]);
    });

    test("are not read for routes", async () => {
      const namespace = freshNamespace();
      await using registry = await open(url, { namespace });
      await store(registry, [entry("a"), entry("b")]);
      await tell(url, "DEL", registryKeys("muster", namespace).records);
      const routes: string[] = [];
      for await (const page of registry.scanRoutes({ pageSize: 1 }, within(SECOND)))
        routes.push(...page.map(({ identity }) => identity));
      expect(routes).toEqual(["a", "b"]);
    });
  });

  test("a batch of thousands is stored up to the last one that there is room for", async () => {
    await using registry = await open(url, { maxIdentities: 1_234 });
    const epochs = await store(
      registry,
      numbered(3_000).map((identity) => entry(identity)),
    );
    expect(epochs.filter((epoch) => epoch > 0)).toHaveLength(1_234);
    expect(await registry.census(within(SECOND))).toEqual({ counted: 1_234, expired: 0 });
  });

  test("a page that has expired in its reader's hands is not given", async () => {
    await using registry = await open(url);
    await store(registry, [entry("a"), entry("b", { ttlMs: 40 }), entry("c")]);
    const seen: string[] = [];
    for await (const page of registry.scan({ pageSize: 1 }, within(5 * SECOND))) {
      seen.push(...page.map(({ identity }) => identity));
      while ((await epochOf(registry, "b")) !== undefined);
    }
    expect(seen).toEqual(["a", "c"]);
  });

  test("names that would break a key, a stamp or a list are refused", async () => {
    await using registry = await open(url);
    const refused = async (changes: Partial<SetEntry>): Promise<string> =>
      outcomeOf(registry.setMany([entry("a", changes)], within(SECOND)));
    expect(await refused({ identity: "a\0b" })).toBe("INVALID_IDENTITY");
    for (const changes of [{ session: "s\0t" }, { session: "" }, { address: "a\0" }, { attempt: "\0" }])
      expect(await refused(changes)).toBe("INVALID_ARGUMENT");
    expect(await registry.census(within(SECOND))).toEqual({ counted: 0, expired: 0 });
  });
});

await withServer("redis", { persistent: false, arguments: ["--maxmemory-policy", "noeviction"] }, ({ url }) => {
  test("a full server stores nothing new, and lives go on, end and make room", async () => {
    await using registry = await open(url);
    const [session = 0, gone = 0] = await store(registry, [
      entry("$session/s", { ttlMs: 60 * SECOND }),
      entry("gone"),
      entry("expired", { ttlMs: 20 }),
    ]);
    await tell(url, "CONFIG", "SET", "maxmemory", "1kb");
    const call = within(20 * SECOND);
    expect(
      await outcomeOf(
        registry.setMany(
          numbered(1_200).map((identity) => entry(identity)),
          call,
        ),
      ),
    ).toBe("UNAVAILABLE");
    const [renewed] = await registry.renewMany([{ identity: "$session/s", epoch: session }], call);
    expect(renewed).toBeTypeOf("number");
    expect(await registry.deleteMany([{ identity: "gone", epoch: gone }], call)).toEqual(["deleted"]);
    await endAll(registry, 2);
    expect(await registry.census(call)).toEqual({ counted: 0, expired: 0 });
    await tell(url, "CONFIG", "SET", "maxmemory", "0");
    expect(await store(registry, [entry("b")])).not.toEqual([0]);
  });
});

await withServer("redis", { persistent: false }, ({ url }) => {
  test("a read-only replica takes no write, for certain", async () => {
    await using registry = await open(url);
    const [epoch = 0] = await store(registry, [entry("a", { ttlMs: 60 * SECOND })]);
    await tell(url, "REPLICAOF", "127.0.0.1", "1"); // Where no master is: it keeps what it has.
    const call = within(20 * SECOND);
    const writes = [
      async () => registry.setMany([entry("b")], call),
      async () => registry.renewMany([{ identity: "a", epoch }], call),
      async () => registry.deleteMany([{ identity: "a", epoch }], call),
      async () => registry.reap(REAP, call),
    ];
    for (const write of writes) expect(await outcomeOf(write())).toBe("UNAVAILABLE");
  });
});

/** Who asks for everyone again and again reads only what has changed, and is never told less than whoever reads it all. */

import type { RegistryBackend, Route } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, within } from "@muster/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisRegistry, type RedisRegistryOptions } from "../../src/index.ts";
import { registryKeys } from "../../src/keys.ts";
import { LOG_CAPACITY } from "../../src/scripts/changes.ts";
import { codeOf, withOwnServer } from "../recovery/support.ts";
import { tell } from "../support.ts";

const SECOND = 1_000;
const LONG = within(30 * SECOND);

async function opened(options: RedisRegistryOptions, namespace: string): Promise<RegistryBackend> {
  const registry = redisRegistry(options);
  await registry.open({ namespace }, within(5 * SECOND));
  onTestFinished(async () => registry.close());
  return registry;
}

async function store(registry: RegistryBackend, identities: readonly string[], address = "n"): Promise<void> {
  const entries = identities.map((identity) => entry(identity, { address, mode: "replace" }));
  for (let from = 0; from < entries.length; from += 5_000)
    await registry.setMany(entries.slice(from, from + 5_000), LONG);
}

async function routes(registry: RegistryBackend): Promise<readonly Route[]> {
  const all: Route[] = [];
  for await (const page of registry.scanRoutes({ pageSize: 1_000 }, LONG)) all.push(...page);
  return all;
}

async function addresses(registry: RegistryBackend): Promise<Readonly<Record<string, string | undefined>>> {
  return Object.fromEntries((await routes(registry)).map(({ identity, address }) => [identity, address]));
}

/** So often that it has begun to keep them. */
async function mirrored(registry: RegistryBackend): Promise<RegistryBackend> {
  for (let time = 0; time < 3; time += 1) await routes(registry);
  return registry;
}

function numbered(count: number, stem = "i"): readonly string[] {
  return Array.from({ length: count }, (_, number) => `${stem}-${String(number).padStart(6, "0")}`);
}

await withServer("redis", { persistent: false }, ({ url }) => {
  /** How many stamps have been read so far, by anyone. */
  async function readsOfMany(): Promise<number> {
    const stats = String(await tell(url, "INFO", "commandstats"));
    return Number(/cmdstat_hmget:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }

  describe("everyone, for the third time", () => {
    test("is told without their stamps being read", async () => {
      const registry = await opened({ url }, freshNamespace());
      await store(registry, numbered(3_000));
      await mirrored(registry);
      const before = await readsOfMany();
      expect(await routes(registry)).toHaveLength(3_000);
      expect(await readsOfMany()).toBe(before);
    });

    test("is told as it has become since", async () => {
      const namespace = freshNamespace();
      const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
      await store(writer, ["a", "b", "c", "d"]);
      await mirrored(reader);
      await store(writer, ["b", "bb"], "m");
      const last = (await routes(writer)).find(({ identity }) => identity === "c");
      await writer.deleteMany([{ identity: last?.identity ?? "", epoch: last?.epoch ?? 0 }], LONG);
      expect(await addresses(reader)).toEqual({ a: "n", b: "m", d: "n", bb: "m" });
      expect(Object.keys(await addresses(reader))).toEqual(["a", "b", "bb", "d"]);
    });

    test("is told where more has changed than one answer holds", async () => {
      const namespace = freshNamespace();
      const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
      await store(writer, numbered(6_000));
      await mirrored(reader);
      await store(writer, numbered(1_500), "m");
      const told = Object.values(await addresses(reader));
      expect([told.length, told.filter((address) => address === "m").length]).toEqual([6_000, 1_500]);
    });

    test("is read anew, and not kept, where most have changed", async () => {
      const namespace = freshNamespace();
      const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
      await store(writer, numbered(6_000));
      await mirrored(reader);
      await store(writer, numbered(5_000), "m");
      const told = Object.values(await addresses(reader));
      expect([told.length, told.filter((address) => address === "m").length]).toEqual([6_000, 5_000]);
      await mirrored(reader);
      const before = await readsOfMany();
      await routes(reader);
      expect(await readsOfMany()).toBeGreaterThan(before);
    });

    test("is told where more has changed than the log holds", async () => {
      const namespace = freshNamespace();
      const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
      await store(writer, ["first"]);
      await mirrored(reader);
      await store(writer, ["first"], "m");
      const twice = Array.from({ length: 2 * LOG_CAPACITY }, () => "again");
      await Promise.all(twice.map(async (identity) => store(writer, [identity])));
      const { changes } = registryKeys("muster", namespace);
      expect(Number(await tell(url, "XLEN", changes))).toBeLessThan(1.5 * LOG_CAPACITY);
      expect(await addresses(reader)).toEqual({ again: "n", first: "m" });
    });

    test.for([
      ["has ended and begun again", "DEL"],
      ["holds nothing any more", "XTRIM", "MAXLEN", "0"],
    ])("is told when the log %s", async ([, command = "", ...args]) => {
      const namespace = freshNamespace();
      const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
      await store(writer, ["a", "b"]);
      await mirrored(reader);
      await tell(url, command, registryKeys("muster", namespace).changes, ...args);
      await store(writer, ["b"], "m");
      await mirrored(writer);
      expect(await addresses(reader)).toEqual({ a: "n", b: "m" });
    });

    test("costs nobody anything who asks for everyone once", async () => {
      const namespace = freshNamespace();
      const registry = await opened({ url }, namespace);
      await store(registry, ["a", "b"]);
      await routes(registry);
      expect(await tell(url, "EXISTS", registryKeys("muster", namespace).changes)).toBe(0);
      await mirrored(registry);
      const left = Number(await tell(url, "PTTL", registryKeys("muster", namespace).changes));
      expect(left).toBeGreaterThan(30 * SECOND);
    });

    test.for([0, 2])("is read anew where there are more than the %i that may be kept", async (maxMirroredRoutes) => {
      const namespace = freshNamespace();
      const registry = await opened({ url, maxMirroredRoutes }, namespace);
      await store(registry, ["a", "b", "c"]);
      await mirrored(registry);
      expect(await tell(url, "EXISTS", registryKeys("muster", namespace).changes)).toBe(0);
      expect(await addresses(registry)).toEqual({ a: "n", b: "n", c: "n" });
    });

    test("is told when they have become too many to be kept", async () => {
      const registry = await opened({ url, maxMirroredRoutes: 3 }, freshNamespace());
      await store(registry, ["a", "b", "c"]);
      await mirrored(registry);
      await store(registry, ["d", "e"]);
      expect(Object.keys(await addresses(registry))).toEqual(["a", "b", "c", "d", "e"]);
    });
  });

  test.for([-1, 0.5, Number.NaN])("%d routes can't be kept: CONFIG_INVALID", async (maxMirroredRoutes) => {
    const open = async (): Promise<unknown> => opened({ url, maxMirroredRoutes }, freshNamespace());
    expect(await codeOf(open())).toBe("CONFIG_INVALID");
  });
});

await withOwnServer({ persistent: true }, (server, control) => {
  test("a server that has lost its last writes tells everyone, not what it lost", async () => {
    const namespace = freshNamespace();
    const { url } = server;
    const [reader, writer] = [await opened({ url }, namespace), await opened({ url }, namespace)];
    await store(writer, ["a", "b"]);
    await mirrored(reader);
    await tell(url, "CONFIG", "SET", "appendonly", "no");
    await tell(url, "SAVE");
    await store(writer, ["b", "lost"], "m");
    expect(await addresses(reader)).toEqual({ a: "n", b: "m", lost: "m" });
    await control.kill();
    await control.start();
    await expect.poll(async () => codeOf(store(writer, ["a", "c"], "o")), { timeout: 20 * SECOND }).toBe("fine");
    await expect.poll(async () => codeOf(routes(reader)), { timeout: 20 * SECOND }).toBe("fine");
    expect(await addresses(reader)).toEqual({ a: "o", b: "n", c: "o" });
  });
});

/** Pages are read by several commands: what comes in between is put there by hand. */

import type { RegistryBackend, SetEntry } from "@muster/core/slots";
import { parseFilter } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import { entry, freshNamespace, outcomeOf, within } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { redisRegistry } from "../../src/index.ts";
import { registryKeys } from "../../src/keys.ts";
import { tell } from "../support.ts";

const SECOND = 1_000;

/** With a metadata and a TTL. */
function lasting(identity: string, changes: Partial<SetEntry> = {}): SetEntry {
  return entry(identity, { metadata: { of: identity }, ttlMs: 60 * SECOND, ...changes });
}

/** Who is in each page, of both kinds of scan, which must agree. */
async function scanned(registry: RegistryBackend, pageSize: number, session?: string): Promise<readonly string[]> {
  const query = session === undefined ? { pageSize } : { pageSize, session };
  const [records, routes]: [string[], string[]] = [[], []];
  for await (const page of registry.scan(query, within(SECOND * 20))) {
    for (const { identity, metadata } of page) {
      expect(metadata["of"]).toBe(identity);
      records.push(identity);
    }
  }
  for await (const page of registry.scanRoutes(query, within(SECOND * 20))) {
    for (const { identity } of page) routes.push(identity);
  }
  expect(routes).toEqual(records);
  return records;
}

await withServer("redis", { persistent: false }, ({ url }) => {
  const namespace = freshNamespace();
  const keys = registryKeys("muster", namespace);

  async function opened(entries: readonly SetEntry[]): Promise<RegistryBackend> {
    const registry = redisRegistry({ url });
    await registry.open({ namespace }, within(5 * SECOND));
    await registry.setMany(entries, within(5 * SECOND));
    return registry;
  }

  describe("a scan", () => {
    test("passes over whoever has gone since he was listed, though nobody is left in his page", async () => {
      await using registry = await opened(["a", "b", "c", "d", "e"].map((identity) => lasting(identity)));
      await tell(url, "HDEL", keys.stamps, "b", "c", "d");
      expect(await scanned(registry, 2)).toEqual(["a", "e"]);
    });

    test("passes over whoever serves another session since he was listed", async () => {
      const served = { session: "s", address: "n" };
      const sessions = ["s", "t"].map((id) => lasting(`$session/${id}`, { session: undefined }));
      await using registry = await opened([
        ...sessions,
        lasting("f", served),
        lasting("g", { session: "t", address: "n" }),
      ]);
      await tell(url, "ZADD", keys.members, 0, "s\0g");
      expect(await scanned(registry, 10, "s")).toEqual(["f"]);
    });

    test("gives large records, some of them longer than one answer together, in order and once", async () => {
      const text = "x".repeat(400_000);
      const large = Array.from({ length: 8 }, (_, index) => `large-${index}`);
      await using registry = await opened(large.map((of) => lasting(of, { metadata: { of, text } })));
      expect((await scanned(registry, 1_000)).filter((identity) => identity.startsWith("large"))).toEqual(large);
    });

    test("loses nobody whose record is of another attempt than the stamp that was read", async () => {
      await using registry = await opened([lasting("z")]);
      await tell(url, "HSET", keys.records, "z", `another\0${JSON.stringify({ of: "z" })}`);
      expect(await scanned(registry, 10)).toContain("z");
    });

    test("leaves nothing that fails when its reader leaves, and the registry closes at once", async () => {
      await using registry = await opened(["n1", "n2", "n3", "n4"].map((identity) => lasting(identity)));
      let pages = 0;
      for await (const page of registry.scan({ pageSize: 1 }, within(SECOND))) {
        pages += page.length;
        if (pages === 2) break;
      }
      await registry.close();
      expect(pages).toBe(2);
    });

    test("gives whoever is read again in his place", async () => {
      await using registry = await opened(["m1", "m2", "m3"].map((identity) => lasting(identity)));
      await tell(url, "HSET", keys.records, "m2", `another\0${JSON.stringify({ of: "m2" })}`);
      expect((await scanned(registry, 100)).filter((identity) => identity.startsWith("m"))).toEqual(["m1", "m2", "m3"]);
    });

    test("decides by the record that stands, whatever stamp was read", async () => {
      await using registry = await opened([lasting("v"), lasting("w"), lasting("x")]);
      await tell(url, "HSET", keys.records, "v", `another\0${JSON.stringify({ of: "v", is: "new" })}`);
      await tell(url, "HSET", keys.records, "w", `another\0${JSON.stringify({ of: "w", is: "newer" })}`);
      const found: string[] = [];
      for await (const page of registry.scan({ pageSize: 10, filter: parseFilter({ is: "new" }) }, within(SECOND))) {
        found.push(...page.map(({ identity }) => identity));
      }
      expect(found).toEqual(["v"]);
    });

    test("refuses a stamp of a newer release, though its record does not match", async () => {
      await using registry = await opened([lasting("y")]);
      await tell(url, "HSET", keys.stamps, "y", "2\0of another shape");
      const query = { pageSize: 10, after: "x", filter: parseFilter({ is: "new" }) };
      const read = async (): Promise<void> => {
        for await (const _ of registry.scan(query, within(SECOND))) continue;
      };
      expect(await outcomeOf(read())).toBe("UNSUPPORTED");
      await tell(url, "HDEL", keys.stamps, "y");
    });
  });
});

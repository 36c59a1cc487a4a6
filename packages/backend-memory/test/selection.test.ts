import type { RegistryBackend } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { seededRandom } from "@muster/filter/corpus";
import { entry } from "@muster/testing";
import { describe, expect, test } from "vitest";
import { int, pick } from "./random.ts";
import { CALL, fixture, NAMESPACE, scanAll, scanIdentities, set, stored } from "./support.ts";

const HOSTILE = [
  "a",
  "*",
  ">",
  "a.b",
  "a/b",
  "%",
  "\u{1f600}",
  "\ufb01",
  "é",
  "x".repeat(256),
  "__proto__",
  "constructor",
  "$x",
  "null",
];

test("pages come in UTF-8 byte order of identity, whatever characters it has", async () => {
  const registry = await fixture().client();
  await registry.setMany(
    HOSTILE.map((identity) => entry(identity)),
    CALL,
  );
  const bytes = [...HOSTILE].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const pageSize of [1, 3, 100]) expect(await scanIdentities(registry, { pageSize })).toEqual(bytes);
});

test("a page holds at most pageSize, and is never empty", async () => {
  const registry = await fixture().client();
  await registry.setMany(
    Array.from({ length: 25 }, (_, i) => entry(`id-${i}`)),
    CALL,
  );
  const sizes: number[] = [];
  for await (const page of registry.scan({ pageSize: 10 }, CALL)) sizes.push(page.length);
  expect(sizes).toEqual([10, 10, 5]);
});

test("a page size below 1 is refused", async () => {
  const registry = await fixture().client();
  await expect(scanAll(registry, { pageSize: 0 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("after continues behind an identity, which need not exist", async () => {
  const registry = await fixture().client();
  await registry.setMany(
    ["a", "b", "d"].map((identity) => entry(identity)),
    CALL,
  );
  expect(await scanIdentities(registry, { after: "b" })).toEqual(["d"]);
  expect(await scanIdentities(registry, { after: "c" })).toEqual(["d"]);
  expect(await scanIdentities(registry, { after: "d" })).toEqual([]);
});

test("a registry of many chunks is scanned from any place to its end", async () => {
  const registry = await fixture().client();
  const identities = Array.from({ length: 12_345 }, (_, i) => `id-${String(i).padStart(5, "0")}`);
  await registry.setMany(
    identities.map((identity) => entry(identity)),
    CALL,
  );
  expect(await scanIdentities(registry, { pageSize: 777 })).toEqual(identities);
  expect(await scanIdentities(registry, { pageSize: 10_000, after: "id-06000" })).toEqual(identities.slice(6_001));
});

test("routes are what registrations are without metadata", async () => {
  const registry = await fixture().client();
  const {
    metadata: _m,
    revision: _r,
    attempt: _a,
    ...route
  } = await stored(registry, entry("a", { session: "s", address: "node", ttlMs: 9 }));
  const pages = [];
  for await (const page of registry.scanRoutes({ pageSize: 10 }, CALL)) pages.push(page);
  expect(pages).toMatchObject([[route]]);
});

test("a record that expires during the scan is not on the pages that follow", async () => {
  const { client, clock } = fixture();
  const registry = await client();
  await registry.setMany([entry("a", { ttlMs: 10 }), entry("b", { ttlMs: 10 }), entry("c")], CALL);
  const seen: string[] = [];
  for await (const page of registry.scan({ pageSize: 1 }, CALL)) {
    seen.push(...page.map(({ identity }) => identity));
    clock.now += 10;
  }
  expect(seen).toEqual(["a", "c"]);
});

test("an abort between two pages ends the scan with ABORTED", async () => {
  const registry = await fixture().client();
  await registry.setMany([entry("a"), entry("b")], CALL);
  const controller = new AbortController();
  const pages = registry.scan({ pageSize: 1 }, { signal: controller.signal })[Symbol.asyncIterator]();
  await pages.next();
  controller.abort();
  await expect(pages.next()).rejects.toMatchObject({ code: "ABORTED" });
});

test("what a reader holds does not change when the record does", async () => {
  const registry = await fixture().client();
  const before = await stored(registry, entry("a", { metadata: { n: 1 } }));
  const [read] = await scanAll(registry);
  await set(registry, entry("a", { metadata: { n: 2 }, mode: { epoch: before.epoch } }));
  expect(read).toEqual(before);
});

/** Beside these a session that serves a few is small enough for its identities to be listed, not met by reading all. */
async function storeCrowd(registry: RegistryBackend, size: number): Promise<void> {
  await registry.setMany(
    Array.from({ length: size }, (_, i) => entry(`crowd-${i}`, { metadata: { n: 1 } })),
    CALL,
  );
}

describe.each([
  ["by a session that serves a good part", 0],
  ["by a session that serves few of many", 100],
] as const)("%s", (_, crowd) => {
  test("gives only what that session serves, in order", async () => {
    const registry = await fixture().client();
    await storeCrowd(registry, crowd);
    await registry.setMany(
      ["c", "a", "b"].map((identity) => entry(identity, { session: identity === "b" ? "t" : "s" })),
      CALL,
    );
    expect(await scanIdentities(registry, { session: "s" })).toEqual(["a", "c"]);
    expect(await scanIdentities(registry, { session: "s", after: "a" })).toEqual(["c"]);
    expect(await scanIdentities(registry, { session: "nobody" })).toEqual([]);
  });

  test("follows registrations from session to session, and out", async () => {
    const registry = await fixture().client();
    await storeCrowd(registry, crowd);
    const { epoch } = await stored(registry, entry("a", { session: "s" }));
    await stored(registry, entry("b", { session: "s" }));
    await stored(registry, entry("a", { session: "t", mode: { epoch } }));
    expect(await scanIdentities(registry, { session: "s" })).toEqual(["b"]);
    expect(await scanIdentities(registry, { session: "t" })).toEqual(["a"]);
    await registry.deleteMany([{ identity: "a", epoch }], CALL);
    expect(await scanIdentities(registry, { session: "t" })).toEqual([]);
  });

  test("combines with a filter", async () => {
    const registry = await fixture().client();
    await storeCrowd(registry, crowd);
    await registry.setMany(
      [
        entry("a", { session: "s", metadata: { n: 1 } }),
        entry("b", { session: "s" }),
        entry("c", { metadata: { n: 1 } }),
      ],
      CALL,
    );
    expect(await scanIdentities(registry, { session: "s", filter: { op: "eq", path: ["n"], value: 1 } })).toEqual([
      "a",
    ]);
  });
});

describe("while others come and go", () => {
  /** Stayers are updated and renewed but keep session, epoch and what the filter asks for. */
  const STAYERS = Array.from({ length: 600 }, (_, i) => `stay-${String((i * 7919) % 600).padStart(4, "0")}`);
  const matching = { op: "eq", path: ["kind"], value: "stay" } as const;

  test.each([
    ["a scan of all", {}],
    ["a scan by session", { session: "s" }],
    ["a scan by index", { filter: matching }],
  ])("%s gives everyone who stays exactly once, nobody twice, and in order", async (_, query) => {
    const seed = 20_240_607;
    const random = seededRandom(seed);
    const schema = {
      fields: { kind: { type: "string", path: ["kind"], required: false, index: true } },
      additional: "keep",
    } as const;
    const registry = await fixture().client({ schema, namespace: NAMESPACE });
    const stayers = await registry.setMany(
      STAYERS.map((identity) => entry(identity, { session: "s", metadata: { kind: "stay" } })),
      CALL,
    );
    const epochs = new Map(
      stayers.flatMap((outcome) => ("stored" in outcome ? [[outcome.stored.identity, outcome.stored.epoch]] : [])),
    );
    await registry.setMany(
      Array.from({ length: 3_000 }, (_, i) => entry(`other-${i}`, { metadata: { kind: "other" } })),
      CALL,
    );

    const churn = async (): Promise<void> => {
      for (let change = 0; change < 20; change++) {
        const identity = `${pick(random, ["other", "stay-", "zz"])}${int(random, 3_000)}`;
        if (random() < 0.5)
          await set(
            registry,
            entry(identity, { session: "s", metadata: { kind: pick(random, ["stay", "other"]) }, mode: "replace" }),
          );
        else
          await registry.deleteMany(
            (await registry.getMany([identity], CALL)).flatMap((found) => found ?? []),
            CALL,
          );
        const stayer = STAYERS[int(random, STAYERS.length)] ?? "";
        await set(
          registry,
          entry(stayer, { session: "s", metadata: { kind: "stay", change }, mode: { epoch: epochs.get(stayer) ?? 0 } }),
        );
      }
    };

    const seen: string[] = [];
    for await (const page of registry.scan({ pageSize: 50, ...query }, CALL)) {
      seen.push(...page.map(({ identity }) => identity));
      await churn();
    }
    expect(seen, `seed ${seed}`).toEqual([...new Set(seen)].sort(compareStrings));
    expect(seen.filter((identity) => epochs.has(identity))).toEqual([...STAYERS].sort());
  });
});

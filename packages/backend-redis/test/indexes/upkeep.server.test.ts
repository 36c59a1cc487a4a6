import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Call, IdentitySchema, Registration, RegistryBackend, SetEntry } from "@muster/core/slots";
import { type Filter, type Path, where } from "@muster/filter";
import { generateDocument, type Random, seededRandom } from "@muster/filter/corpus";
import { withServer } from "@muster/servers/vitest";
import { entry } from "@muster/testing";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { decodeMetadata } from "../../src/codec.ts";
import { pack } from "../../src/indexes/encoding.ts";
import { redisRegistry } from "../../src/index.ts";
import { DEFAULT_PREFIX, indexKey, registryKeys } from "../../src/keys.ts";
import { schemaOf } from "./support.ts";

const CALL: Call = { signal: new AbortController().signal };
const SEED = Number(process.env["MUSTER_SEED"] ?? 2_026);
const ROUNDS = 120;
const KIND = schemaOf({ kind: "string" });

async function select(registry: RegistryBackend, filter: Filter): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of registry.scan({ pageSize: 100, filter }, CALL)) {
    found.push(...page.map(({ identity }) => identity));
  }
  return found;
}

/** Looks at a namespace past the registry. */
class Inside implements Disposable {
  readonly #redis: Redis;
  readonly #namespace: string;

  constructor(url: string, namespace: string) {
    this.#redis = new Redis(url);
    this.#namespace = namespace;
  }

  /** What the catalogue says of a field by number, or of itself. */
  async catalogue(name: string): Promise<string | null> {
    return this.#redis.hget(registryKeys(DEFAULT_PREFIX, this.#namespace).catalogue, name);
  }

  async paths(): Promise<readonly Path[]> {
    const size = Number(await this.catalogue("size"));
    const texts = await Promise.all(Array.from({ length: size }, async (_, n) => this.catalogue(`path:${n}`)));
    return texts.map((text) => (JSON.parse(text ?? "") as { readonly path: Path }).path); // As it is written there.
  }

  async untilReady(): Promise<void> {
    while (true) {
      const states = await Promise.all((await this.paths()).map(async (_, n) => this.catalogue(`state:${n}`)));
      if (states.every((state) => state === "ready")) return;
      await setTimeout(5);
    }
  }

  /** Asserts that the indexes hold what stands, all of it and nothing else. */
  async expectConsistent(): Promise<void> {
    const { order, records, values } = registryKeys(DEFAULT_PREFIX, this.#namespace);
    const paths = await this.paths();
    const standing = await this.#redis.zrange(order, 0, -1);
    const texts = await this.#redis.hgetall(records);
    const expected = standing.map((one) => [one, pack(paths, decodeMetadata(texts[one] ?? ""))] as const);
    const indexed = expected.filter(([, packed]) => /[^\0]/.test(packed));
    expect(await this.#redis.hgetall(values)).toEqual(Object.fromEntries(indexed));
    for (const number of paths.keys()) {
      const members = indexed.flatMap(([identity, packed]) => {
        const value = packed.split("\0")[number] ?? "";
        return value === "" ? [] : [`${value}\0${identity}`];
      });
      const found = await this.#redis.zrange(indexKey(DEFAULT_PREFIX, this.#namespace, number), 0, -1);
      expect(found.toSorted()).toEqual(members.toSorted());
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }
}

await withServer("redis", { persistent: false }, ({ url }) => {
  async function open(namespace: string, schema?: IdentitySchema): Promise<RegistryBackend> {
    const registry = redisRegistry({ url });
    await registry.open({ namespace, ...(schema && { schema }) }, CALL);
    return registry;
  }

  async function crowd(registry: RegistryBackend, count: number): Promise<void> {
    for (let from = 0; from < count; from += 500) {
      const entries = Array.from({ length: 500 }, (_, i) =>
        entry(`id-${String(from + i).padStart(6, "0")}`, {
          metadata: { kind: (from + i) % 100 === 0 ? "rare" : "common" },
        }),
      );
      await registry.setMany(entries, CALL);
    }
  }

  describe("indexes", () => {
    test(`hold what stands, all of it and nothing else, whoever does what (seed ${SEED})`, {
      timeout: 60_000,
    }, async () => {
      const namespace = randomUUID();
      const random = seededRandom(SEED);
      using inside = new Inside(url, namespace);
      await using plain = await open(namespace);
      await using first = await open(namespace, schemaOf({ a: "string", seen: "string" }));
      const all = [plain, first];
      for (let round = 0; round < ROUNDS; round += 1) {
        if (round === ROUNDS / 2) all.push(await open(namespace, schemaOf({ b: "string", loc: "geo_point" })));
        await writeSomething(all[Math.floor(random() * all.length)] ?? plain, random);
        if (round % 20 !== 19) continue;
        await inside.untilReady();
        await inside.expectConsistent();
      }
      await Promise.all(all.map(async (registry) => registry.close()));
      expect(await inside.paths()).toEqual([["a"], ["seen"], ["b"], ["loc"]]);
    });

    test("are built to their end when the process that builds them is killed", { timeout: 60_000 }, async () => {
      const namespace = randomUUID();
      using inside = new Inside(url, namespace);
      await using plain = await open(namespace);
      await crowd(plain, 20_000);
      const path = fileURLToPath(new URL("building-process.ts", import.meta.url));
      const child = fork(path, [url, namespace], { execArgv: ["--import", import.meta.resolve("tsx")] });
      const exit = once(child, "exit");
      while (((await inside.catalogue("cursor")) ?? "") === "") await setTimeout(1);
      child.kill("SIGKILL");
      await exit;
      expect(await inside.catalogue("state:0")).toBe("building");
      expect(await inside.catalogue("builder")).not.toBeNull();
      const metadata = { kind: "rare" };
      await plain.setMany([entry("id-000001", { metadata, mode: "replace" }), entry("x", { metadata })], CALL);
      const expected = [
        "id-000001",
        ...Array.from({ length: 200 }, (_, i) => `id-${String(i * 100).padStart(6, "0")}`),
        "x",
      ];
      expect(await select(plain, where("kind").eq("rare"))).toEqual(expected.toSorted());
      await using next = await open(namespace, KIND);
      await inside.untilReady();
      expect(await select(next, where("kind").eq("rare"))).toEqual(expected.toSorted());
      await inside.expectConsistent();
    });
  });
});

/** Registers, rewrites, takes over, deletes, or lets somebody end; a few at a time among forty. */
async function writeSomething(registry: RegistryBackend, random: Random): Promise<void> {
  const some = [...new Set(Array.from({ length: 8 }, () => `id-${Math.floor(random() * 40)}`))];
  const found = await registry.getMany(some, CALL);
  const entries = some.map((identity, i) =>
    entry(identity, { metadata: generateDocument(random), ...modeOf(found[i], random) }),
  );
  const choice = random();
  if (choice < 0.6) {
    await registry.setMany(entries, CALL);
  } else if (choice < 0.8) {
    const keys = found.flatMap((one) => (one ? [{ identity: one.identity, epoch: one.epoch }] : []));
    if (choice < 0.7) await registry.deleteMany(keys, CALL);
    else for (const key of keys) await registry.deleteMany([key], CALL);
  } else {
    await registry.setMany(
      entries.map((one) => ({ ...one, mode: "replace", ttlMs: 1 }) as const),
      CALL,
    );
    await setTimeout(3);
    const claims = await registry.reap({ limit: 100, claimMs: 1, graceMs: 0 }, CALL);
    await registry.confirmMany(random() < 0.7 ? claims : claims.slice(1), CALL);
  }
}

function modeOf(one: Registration | undefined, random: Random): Pick<SetEntry, "mode"> {
  if (one === undefined) return { mode: "create" };
  return { mode: random() < 0.5 ? "replace" : { epoch: one.epoch } };
}

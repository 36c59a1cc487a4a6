import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fileRegistry } from "../src/index.ts";
import { CALL, entry, openIn, stored, TemporaryFolder } from "./support.ts";

test("an identity is one file, whole and readable, and nothing is left beside it", async () => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  const { epoch } = await stored(registry, entry("Hall 1", { metadata: { battery: 1 } }));
  const [file = "", ...others] = readdirSync(join(folder.path, "test", "identities"));
  expect([file, ...others]).toEqual(["=hall_201.json"]);
  const text = readFileSync(join(folder.path, "test", "identities", file), "utf8");
  expect(JSON.parse(text)).toMatchObject({
    version: 1,
    registration: { identity: "Hall 1", epoch, metadata: { battery: 1 } },
  });
  const [baton = ""] = readdirSync(join(folder.path, "test", "lock"));
  expect(readdirSync(join(folder.path, "test", "lock", baton))).toEqual([]);
});

test.each([undefined, "", "\0\0\0"])("epochs go on above what a power loss has left of the last: %j", async (left) => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  const { epoch, registeredAt } = await stored(registry, entry("a"));
  if (left === undefined) rmSync(join(folder.path, "test", "epoch"));
  else writeFileSync(join(folder.path, "test", "epoch"), left);
  await vi.waitUntil(() => Date.now() > registeredAt);
  expect((await stored(registry, entry("b"))).epoch).toBeGreaterThan(epoch);
});

test("epochs go on when the clock is set back", async () => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  const ahead = (Date.now() + 3_600_000) * 1_000;
  writeFileSync(join(folder.path, "test", "epoch"), String(ahead));
  expect((await stored(registry, entry("a"))).epoch).toBe(ahead + 1);
});

test("a renewal that stalls until it is too late, at whatever step, revives nothing", async () => {
  using folder = new TemporaryFolder();
  await using other = await openIn(folder.path);
  const outcomes: unknown[] = [];
  for (let stalledStep = 0; typeof outcomes.at(-1) !== "number"; stalledStep += 1) {
    const { identity, epoch, expiresAt = 0 } = await stored(other, entry(`a-${stalledStep}`, { ttlMs: 30 }));
    let step = -1;
    const beforeStep = async (): Promise<void> => {
      if (step++ === stalledStep) await vi.waitUntil(() => Date.now() > expiresAt);
    };
    await using slow = await openIn(folder.path, { beforeStep });
    step = 0;
    outcomes.push(...(await slow.renewMany([{ identity, epoch, ttlMs: 60_000 }], CALL)));
    const [found] = await other.getMany([identity], CALL);
    expect(found === undefined ? "absent" : found.expiresAt).toBe(outcomes.at(-1));
  }
  expect(outcomes.length).toBeGreaterThan(5);
});

test("a folder that is missing is UNAVAILABLE, a file in its place a mistake, and neither is made a folder", async () => {
  using folder = new TemporaryFolder();
  const missing = join(folder.path, "missing");
  await expect(openIn(missing)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(existsSync(missing)).toBe(false);
  writeFileSync(missing, "");
  await expect(openIn(missing)).rejects.toMatchObject({ code: "CONFIG_INVALID", subject: missing });
});

test("a folder that has vanished is UNAVAILABLE, and not empty", async () => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  await stored(registry, entry("a"));
  rmSync(join(folder.path, "test"), { recursive: true });
  await expect(registry.getMany(["a"], CALL)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(registry.census(CALL)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("clients that open one namespace at once share it", async () => {
  using folder = new TemporaryFolder();
  const clients = await Promise.all(Array.from({ length: 8 }, async () => openIn(folder.path)));
  await Promise.all(clients.map(async (client, n) => stored(client, entry(`a-${n}`))));
  await expect(clients[0]?.census(CALL)).resolves.toEqual({ counted: 8, expired: 0 });
  expect(readdirSync(folder.path)).toEqual(["test"]);
  await Promise.all(clients.map(async (client) => client.close()));
});

test("a tombstone that a crash has left beside a successor means nothing", async () => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  const file = (place: string): string => join(folder.path, "test", place, "a.json");
  const first = await stored(registry, entry("a", { ttlMs: 0 }));
  const steps = { limit: 10, claimMs: 60_000, graceMs: 0 };
  await registry.confirmMany(await registry.reap(steps, CALL), CALL);
  const tombstone = readFileSync(file("tombstones"));
  const second = await stored(registry, entry("a"));
  expect(second.epoch).toBeGreaterThan(first.epoch);
  expect(existsSync(file("tombstones"))).toBe(false);
  writeFileSync(file("tombstones"), tombstone);
  await expect(registry.reap(steps, CALL)).resolves.toEqual([]);
  await registry.deleteMany([{ identity: "a", epoch: second.epoch }], CALL);
  expect(existsSync(file("tombstones"))).toBe(false);
});

test("a lease that is too long is refused before anything happens", () => {
  expect(() => fileRegistry({ folder: ".", leaseMs: 3_600_000 })).toThrow(
    "[CONFIG_INVALID] fileRegistry: a lease lasts",
  );
});

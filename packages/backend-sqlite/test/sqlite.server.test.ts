/** What no kit can arrange: several processes on one file, and files that nobody wishes for. */

import { open, stat, truncate, writeFile } from "node:fs/promises";
import { linkCall } from "@muster/core/slots";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "@muster/filter/corpus";
import { collected, entry, freshNamespace, outcomeOf, within } from "@muster/testing";
import { sqliteRegistry } from "../src/index.ts";
import { type OtherProcess, otherProcess } from "./processes/process.ts";
import { connectedTo } from "./store/support.ts";
import { type Folder, freshFolder, opened } from "./support.ts";

/** More for a night's run; the seed chooses other moments. */
const KILLS = Number(process.env["MUSTER_KILLS"] ?? 12);
const SEED = Number(process.env["MUSTER_SEED"] ?? 1);

/** From TypeScript a process takes a second until it begins, and longer on a busy machine. */
const PATIENCE_MS = 60_000;

let folder: Folder;
let path: string;
let namespace: string;

beforeEach(async () => {
  folder = await freshFolder();
  path = `${folder.path}/fleet.db`;
  namespace = freshNamespace();
});

afterEach(async () => folder[Symbol.asyncDispose]());

/** Both tables tell of the same, the count is right, and SQLite finds nothing damaged. */
function expectSound(): void {
  using store = connectedTo(path);
  expect(store.get("pragma integrity_check")).toEqual(["ok"]);
  const torn = store.get(`select count(*) from muster_registrations r full join muster_metadata m
    on m.namespace = r.namespace and m.identity = r.identity where r.identity is null or m.identity is null`);
  expect(torn).toEqual([0]);
  const counts = store.all(`select namespace, count(*) from muster_registrations
    where buried_at is null and identity not like '$session/%' group by namespace`);
  expect(store.all("select namespace, counted from muster_counts where counted > 0")).toEqual(counts);
}

describe("several processes", { timeout: PATIENCE_MS }, () => {
  test("open a file that is not there yet at the same moment", async () => {
    const readers = Array.from({ length: 4 }, () => otherProcess("reader", { path, namespace }));
    expect(await Promise.all(readers.map(async (reader) => reader.next()))).toEqual([0, 0, 0, 0]);
    await Promise.all(readers.map(async (reader) => reader.ended));
    expectSound();
  });

  test("fill a namespace up to its quota and no further, each registration with an epoch of its own", async () => {
    const maxIdentities = 200;
    const args = { path, namespace, batches: 20, batchSize: 5, maxIdentities };
    const writers = ["a", "b", "c"].map((name) => otherProcess("writer", { ...args, name }));
    await Promise.all(writers.map(async (writer) => writer.ended));
    const stored = writers.flatMap(({ said }) => acknowledgedIn(said));
    expect(stored).toHaveLength(maxIdentities);
    expect(new Set(stored.map(([, epoch]) => epoch)).size).toBe(maxIdentities);
    await using registry = await opened({ path }, { namespace });
    expect((await registry.census(within(10_000))).counted).toBe(maxIdentities);
    expectSound();
  });

  test("that are killed while they write have stored what they were told, and leave nothing locked", async () => {
    const random = seededRandom(SEED);
    await using registry = await opened({ path }, { namespace });
    const args = { path, namespace, batches: 1_000_000, batchSize: 7, maxIdentities: 1_000_000 };
    for (let kill = 0; kill < Math.ceil(KILLS / 4); kill += 1) {
      await using victim = otherProcess("writer", { ...args, name: `victim-${kill}` });
      await victim.next();
      const heard = Math.floor(random() * 10);
      while (victim.said.length < heard) await victim.next();
      victim.kill();
      await victim.ended;
      const stored = acknowledgedIn(victim.said);
      const found = await registry.getMany(
        stored.map(([identity]) => identity),
        within(10_000),
      );
      expect(
        found.map((one) => [one?.identity, one?.epoch]),
        `seed ${SEED}`,
      ).toEqual(stored);
      await registry.setMany([entry(`after-${kill}`)], within(10_000));
    }
    expectSound();
  });

  test(`that are killed before any statement leave whole transactions or nothing, ${KILLS} times, seed ${SEED}`, {
    timeout: PATIENCE_MS + 3_000 * KILLS,
  }, async () => {
    const random = seededRandom(SEED);
    await using registry = await opened({ path }, { namespace });
    for (let kill = 0; kill < KILLS; kill += 1) {
      const statements = 1 + Math.floor(random() * 120);
      await using victim = otherProcess("doomed", { path, namespace: `${namespace}-${kill}`, statements });
      await victim.ended;
      using store = connectedTo(path);
      const find = "select 1 from muster_registrations where namespace = ? and identity = ?";
      for (const identity of victim.said.flat()) {
        expect(store.get(find, [`${namespace}-${kill}`, String(identity)]), String(identity)).toEqual([1]);
      }
      await registry.setMany([entry(`after-${kill}`)], within(10_000));
    }
    expectSound();
  });
});

type Acknowledged = readonly [identity: string, epoch: number];

/** Whatever has been said that is not a word is a batch. */
function acknowledgedIn(said: readonly unknown[]): readonly Acknowledged[] {
  return said.filter((word) => Array.isArray(word)).flat() as readonly Acknowledged[];
}

describe("while another process holds the lock", { timeout: PATIENCE_MS }, () => {
  let holder: OtherProcess;

  beforeEach(async () => {
    await using registry = await opened({ path }, { namespace });
    await registry.setMany([entry("before")], within(10_000));
    holder = otherProcess("holder", { path, namespace });
    expect(await holder.next()).toBe("held");
  });

  afterEach(async () => holder[Symbol.asyncDispose]());

  test("writes wait until their deadline and have not been applied, reads and the event loop go on", async () => {
    await using registry = await opened({ path }, { namespace });
    let ticks = 0;
    const clock = setInterval(() => {
      ticks += 1;
    }, 5);
    using call = linkCall({ timeoutMs: 500 }, 500, "test");
    const writing = outcomeOf(registry.setMany([entry("late")], call));
    let reads = 0;
    let isWriting = true;
    const watching = writing.finally(() => {
      isWriting = false;
    });
    while (isWriting) {
      expect(await registry.getMany(["before"], within(10_000))).toMatchObject([{ identity: "before" }]);
      reads += 1;
    }
    clearInterval(clock);
    expect(await watching).toBe("TIMEOUT");
    expect(reads).toBeGreaterThan(1);
    expect(ticks).toBeGreaterThan(1);
    holder.tell("go on");
    await holder.ended;
    await registry.setMany([entry("after")], within(10_000));
    const all = await collected(registry.scan({ pageSize: 10 }, within(10_000)));
    expect(all.map(({ identity }) => identity)).toEqual(["after", "before"]);
  });

  test("a write that still waits is done as soon as the lock is free, or its holder has been killed", async () => {
    await using registry = await opened({ path }, { namespace });
    const writing = registry.setMany([entry("patient")], within(10_000));
    holder.kill();
    expect(await writing).toMatchObject([{ stored: { identity: "patient" } }]);
  });

  test("closing waits for nobody", async () => {
    const registry = await opened({ path }, { namespace });
    const writing = outcomeOf(registry.setMany([entry("closed")], within(10_000)));
    await registry.close();
    expect(await writing).toBe("CLOSED");
  });

  test("a file that is not there yet is made as soon as that can be", async () => {
    const fresh = `${folder.path}/fresh.db`;
    await using other = otherProcess("holder", { path: fresh, namespace });
    expect(await other.next()).toBe("held");
    const registry = sqliteRegistry({ path: fresh });
    using call = linkCall({ timeoutMs: 500 }, 500, "test");
    expect(await outcomeOf(registry.open({ namespace }, call))).toBe("TIMEOUT");
    other.tell("go on");
    await registry.open({ namespace }, within(10_000));
    await registry.close();
  });
});

describe("a file that can't be used", () => {
  const opening = async (at: string): Promise<string> => {
    const registry = sqliteRegistry({ path: at });
    const outcome = await outcomeOf(registry.open({ namespace }, within(10_000)));
    await registry.close();
    return outcome;
  };

  test("is one in a folder that isn't there, or a folder itself", async () => {
    expect(await opening(`${folder.path}/nowhere/fleet.db`)).toBe("UNAVAILABLE");
    expect(await opening(folder.path)).toBe("UNAVAILABLE");
  });

  test("is one that holds something else, which stays as it is", async () => {
    await writeFile(path, "Dear diary, ".repeat(1_000));
    expect(await opening(path)).toBe("CONFIG_INVALID");
    expect((await stat(path)).size).toBe(12_000);
  });

  test("is a damaged one, and whoever asks is told so", async () => {
    await fillAndClose();
    const size = (await stat(path)).size;
    await using handle = Object.assign(await open(path, "r+"), { [Symbol.asyncDispose]: async () => handle.close() });
    const noise = Buffer.alloc(4_096, 0x5a);
    for (let at = 3 * 4_096; at < size; at += 2 * 4_096) await handle.write(noise, 0, noise.length, at);
    expect(await openedAndRead()).toBe("INTERNAL");
  });

  test("is one that has been cut off", async () => {
    await fillAndClose();
    await truncate(path, 3 * 4_096);
    expect(await openedAndRead()).toBe("INTERNAL");
  });

  /** What comes of it, when it is opened or later. */
  async function openedAndRead(): Promise<unknown> {
    await using registry = sqliteRegistry({ path });
    const reading = registry
      .open({ namespace }, within(10_000))
      .then(async () => collected(registry.scan({ pageSize: 1_000 }, within(10_000))));
    return await outcomeOf(reading);
  }

  async function fillAndClose(): Promise<void> {
    await using registry = await opened({ path }, { namespace });
    const entries = Array.from({ length: 2_000 }, (_, i) => entry(`sensor-${i}`, { metadata: { i } }));
    await registry.setMany(entries, within(10_000));
  }
});

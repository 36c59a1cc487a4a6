import { describe, expect, test } from "vitest";
import { memoryHub, memoryRegistry } from "../src/index.ts";
import {
  ABORTED_CALL,
  CALL,
  entry,
  fixture,
  get,
  NAMESPACE,
  scanIdentities,
  set,
  startSession,
  stored,
} from "./support.ts";

const BOUND = { session: "s", sessionBound: true } as const;

describe("life", () => {
  test("every method of a registry that is not open, or no longer, rejects with CLOSED", async () => {
    const registry = memoryRegistry();
    const methods = [
      (): Promise<unknown> => registry.setMany([], CALL),
      (): Promise<unknown> => registry.getMany([], CALL),
      (): Promise<unknown> => registry.renewMany([], CALL),
      (): Promise<unknown> => registry.deleteMany([], CALL),
      (): Promise<unknown> => scanIdentities(registry),
      (): Promise<unknown> => registry.scanRoutes({ pageSize: 1 }, CALL)[Symbol.asyncIterator]().next(),
      (): Promise<unknown> => registry.reap({ limit: 1, claimMs: 1, graceMs: 1 }, CALL),
      (): Promise<unknown> => registry.confirmMany([], CALL),
      (): Promise<unknown> => registry.census(CALL),
      (): Promise<unknown> => registry.counts?.count(undefined, CALL) ?? Promise.resolve(),
    ];
    for (const method of methods)
      await expect(method()).rejects.toMatchObject({ code: "CLOSED", mayHaveApplied: false });
    await registry.open({ namespace: NAMESPACE }, CALL);
    for (const method of methods) await method();
    await registry.close();
    await registry.close();
    for (const method of methods) await expect(method()).rejects.toMatchObject({ code: "CLOSED" });
    await expect(registry.open({ namespace: NAMESPACE }, CALL)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("closing rejects what is in flight with CLOSED", async () => {
    const registry = await fixture().client();
    const pending = registry.setMany([entry("a")], CALL);
    const closing = registry.close();
    await expect(pending).rejects.toMatchObject({ code: "CLOSED" });
    await closing;
  });

  test("a scan that is open when the registry closes rejects with CLOSED", async () => {
    const registry = await fixture().client();
    await registry.setMany([entry("a"), entry("b")], CALL);
    const pages = registry.scan({ pageSize: 1 }, CALL)[Symbol.asyncIterator]();
    await pages.next();
    await registry.close();
    await expect(pages.next()).rejects.toMatchObject({ code: "CLOSED", source: "memory.scan" });
  });

  test("a call given up before it starts rejects with ABORTED and changes nothing", async () => {
    const registry = await fixture().client();
    await expect(registry.setMany([entry("a")], ABORTED_CALL)).rejects.toMatchObject({
      code: "ABORTED",
      source: "memory.setMany",
      mayHaveApplied: false,
    });
    expect(await get(registry, "a")).toBeUndefined();
  });

  test("a call given up in flight rejects with ABORTED that may have applied", async () => {
    const registry = await fixture().client();
    const controller = new AbortController();
    const pending = registry.setMany([entry("a")], { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: "ABORTED", mayHaveApplied: true });
  });

  test("without a hub each registry has a store of its own", async () => {
    const [one, other] = [memoryRegistry(), memoryRegistry()];
    await one.open({ namespace: NAMESPACE }, CALL);
    await other.open({ namespace: NAMESPACE }, CALL);
    await set(one, entry("a"));
    expect(await get(other, "a")).toBeUndefined();
  });

  test("what one client stores all clients of the namespace see, and no other namespace does", async () => {
    const { client } = fixture();
    const [one, peer, stranger] = [await client(), await client(), await client({ namespace: "other" })];
    const registration = await stored(one, entry("a", { metadata: { n: 1 } }));
    expect(await get(peer, "a")).toEqual(registration);
    expect(await get(stranger, "a")).toBeUndefined();
    expect(await scanIdentities(stranger)).toEqual([]);
    expect(await stranger.census(CALL)).toEqual({ counted: 0, expired: 0 });
  });

  test("records outlive the client that wrote them", async () => {
    const { client } = fixture();
    const one = await client();
    await set(one, entry("a"));
    await one.close();
    expect(await get(await client(), "a")).toBeDefined();
  });
});

describe("setMany", () => {
  test("stores a registration as it was handed in, with the store's time and a first revision", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const one = entry("a", { metadata: { deep: { list: [1, null] } }, ttlMs: 50, session: "s", address: "node" });
    expect(await stored(registry, one)).toEqual({
      identity: "a",
      epoch: expect.any(Number),
      session: "s",
      address: "node",
      registeredAt: clock.now,
      expiresAt: clock.now + 50,
      ttlMs: 50,
      metadata: { deep: { list: [1, null] } },
      revision: 1,
      attempt: one.attempt,
    });
  });

  test("a session-bound registration keeps its TTL for later and does not expire by itself", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    expect(await stored(registry, entry("a", { ttlMs: 50, ...BOUND }))).toMatchObject({
      ttlMs: 50,
      expiresAt: undefined,
    });
  });

  test.each(["create", "replace"] as const)("%s refuses a session-bound registration of a dead session", async (mode) => {
    const { client, clock } = fixture();
    const registry = await client();
    await startSession(registry, "s", 10_000);
    expect(await set(registry, entry("a", { session: "t", sessionBound: true, mode }))).toEqual({ refused: "session" });
    expect(await set(registry, entry("a", { sessionBound: true, mode }))).toEqual({ refused: "session" });
    clock.now += 10_000;
    expect(await set(registry, entry("a", { ...BOUND, mode }))).toEqual({ refused: "session" });
    expect(await registry.census(CALL)).toEqual({ counted: 0, expired: 0 });
  });

  test("an update that binds to a dead session changes nothing", async () => {
    const registry = await fixture().client();
    const before = await stored(registry, entry("a", { ttlMs: 100 }));
    const bind = entry("a", { ttlMs: 100, ...BOUND, mode: { epoch: before.epoch } });
    expect(await set(registry, bind)).toEqual({ refused: "session" });
    expect(await get(registry, "a")).toEqual(before);
  });

  test("outcomes stand in the order of the entries, each entry for itself", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    await stored(registry, entry("b", { session: "s" }));
    const outcomes = await registry.setMany([entry("c"), entry("b"), entry("a")], CALL);
    expect(outcomes).toMatchObject([
      { stored: { identity: "c" } },
      { refused: "exists" },
      { stored: { identity: "a" } },
    ]);
  });

  test("an identity twice in a batch is refused, and nothing of the batch is stored", async () => {
    const registry = await fixture().client();
    await expect(registry.setMany([entry("a"), entry("b"), entry("a")], CALL)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      subject: "a",
    });
    expect(await scanIdentities(registry)).toEqual([]);
  });

  test.each([
    ["an empty one", ""],
    ["257 bytes", "x".repeat(257)],
    ["257 bytes in 129 units", `${"é".repeat(128)}x`],
  ])("an identity of %s is refused, and nothing of the batch is stored", async (_, identity) => {
    const registry = await fixture().client();
    await expect(registry.setMany([entry("a"), entry(identity)], CALL)).rejects.toMatchObject({
      code: "INVALID_IDENTITY",
    });
    expect(await get(registry, "a")).toBeUndefined();
  });

  test("create is refused while a registration stands whose session lives, and says which", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    const current = await stored(registry, entry("a", { session: "s" }));
    expect(await set(registry, entry("a"))).toEqual({ refused: "exists", current });
  });

  test("create takes over a registration that no session serves", async () => {
    const registry = await fixture().client();
    const first = await stored(registry, entry("a"));
    const second = await stored(registry, entry("a"));
    expect(second.epoch).toBeGreaterThan(first.epoch);
  });

  test("create takes over a registration whose session is gone", async () => {
    const registry = await fixture().client();
    const session = await startSession(registry, "s");
    await stored(registry, entry("a", BOUND));
    await registry.deleteMany([{ identity: session.identity, epoch: session.epoch }], CALL);
    expect(await set(registry, entry("a"))).toHaveProperty("stored");
  });

  test("create takes over a registration whose session has expired", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    await startSession(registry, "s", 10_000);
    await stored(registry, entry("a", BOUND));
    clock.now += 9_999;
    expect(await set(registry, entry("a"))).toMatchObject({ refused: "exists" });
    clock.now += 1;
    expect(await set(registry, entry("a"))).toHaveProperty("stored");
  });

  test("replace takes over a live registration under a larger epoch, from revision 1", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    const first = await stored(registry, entry("a", { session: "s" }));
    await stored(registry, entry("a", { session: "s", mode: { epoch: first.epoch } }));
    const second = await stored(registry, entry("a", { mode: "replace" }));
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(second.revision).toBe(1);
  });

  test("an update keeps epoch, registeredAt and expiry, and counts the revision", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const first = await stored(registry, entry("a", { ttlMs: 100 }));
    clock.now += 60;
    const update = entry("a", {
      metadata: { n: 2 },
      ttlMs: 500,
      session: "t",
      address: "x",
      mode: { epoch: first.epoch, revision: 1 },
    });
    const changes = {
      metadata: { n: 2 },
      ttlMs: 500,
      session: "t",
      address: "x",
      attempt: update.attempt,
      revision: 2,
    };
    expect(await stored(registry, update)).toEqual({ ...first, ...changes });
  });

  test("an update to session-bound takes the expiry away, and one from it starts the TTL", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    await startSession(registry, "s");
    const { epoch } = await stored(registry, entry("a", { ttlMs: 100 }));
    clock.now += 60;
    const bound = await stored(registry, entry("a", { ttlMs: 100, ...BOUND, mode: { epoch } }));
    expect(bound.expiresAt).toBeUndefined();
    clock.now += 60;
    const free = await stored(registry, entry("a", { ttlMs: 100, mode: { epoch } }));
    expect(free.expiresAt).toBe(clock.now + 100);
  });

  test("an update of another epoch, of nothing and of the expired is fenced", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const current = await stored(registry, entry("a", { ttlMs: 100 }));
    const mode = { epoch: current.epoch };
    expect(await set(registry, entry("a", { mode: { epoch: current.epoch + 1 } }))).toEqual({
      refused: "fenced",
      current,
    });
    expect(await set(registry, entry("b", { mode }))).toEqual({ refused: "fenced" });
    clock.now += 100;
    expect(await set(registry, entry("a", { mode }))).toEqual({ refused: "fenced" });
  });

  test("an update of another revision is a conflict and changes nothing", async () => {
    const registry = await fixture().client();
    const current = await stored(registry, entry("a"));
    expect(await set(registry, entry("a", { mode: { epoch: current.epoch, revision: 2 } }))).toEqual({
      refused: "conflict",
      current,
    });
    expect(await get(registry, "a")).toEqual(current);
  });

  test("the same attempt again gets the same registration, in any mode, and stores nothing twice", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    const create = entry("a", { session: "s" });
    const first = await stored(registry, create);
    expect(await stored(registry, create)).toEqual(first);
    expect(await stored(registry, { ...create, mode: "replace" })).toEqual(first);
    const update = entry("a", { mode: { epoch: first.epoch, revision: 1 } });
    const updated = await stored(registry, update);
    expect(await stored(registry, update)).toEqual(updated);
  });

  test("metadata that its owner changes later stays as it was stored", async () => {
    const registry = await fixture().client();
    const metadata = { n: 1 };
    await set(registry, entry("a", { metadata }));
    metadata.n = 2;
    expect(await get(registry, "a")).toMatchObject({ metadata: { n: 1 } });
  });

  test("an epoch is never given twice, not even after everything about an identity is gone", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const epochs: number[] = [];
    for (let life = 0; life < 5; life++) {
      epochs.push((await stored(registry, entry("a", { ttlMs: 10 }))).epoch);
      clock.now += 10;
      for (let step = 0; step < 2; step++)
        await registry.confirmMany(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL), CALL);
    }
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
  });
});

describe("expiry", () => {
  test("a record is live to its last millisecond and then returned by nothing", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const { epoch } = await stored(registry, entry("a", { ttlMs: 50 }));
    clock.now += 49;
    expect(await get(registry, "a")).toBeDefined();
    clock.now += 1;
    expect(await get(registry, "a")).toBeUndefined();
    expect(await scanIdentities(registry)).toEqual([]);
    expect(await registry.counts?.count(undefined, CALL)).toBe(0);
    expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
    expect(await registry.deleteMany([{ identity: "a", epoch }], CALL)).toEqual(["absent"]);
    expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 1 });
  });
});

describe("getMany", () => {
  test("answers in the order asked, undefined for the unknown, and gives sessions too", async () => {
    const registry = await fixture().client();
    await set(registry, entry("a"));
    await startSession(registry, "s");
    const found = await registry.getMany(["nobody", "$session/s", "a", "a"], CALL);
    expect(found.map((one) => one?.identity)).toEqual([undefined, "$session/s", "a", "a"]);
  });
});

describe("renewMany", () => {
  test("a record with an expiry of its own lives the stored TTL from now", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const { epoch, ...rest } = await stored(registry, entry("a", { ttlMs: 100 }));
    clock.now += 60;
    expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 100]);
    expect(await get(registry, "a")).toEqual({ ...rest, epoch, expiresAt: clock.now + 100 });
  });

  test("a TTL given is used and stored", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const { epoch } = await stored(registry, entry("a", { ttlMs: 100 }));
    expect(await registry.renewMany([{ identity: "a", epoch, ttlMs: 20 }], CALL)).toEqual([clock.now + 20]);
    expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 20]);
  });

  test("a session-bound record is only looked at, and what never ends answers never", async () => {
    const registry = await fixture().client();
    await startSession(registry, "s");
    const bound = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
    const eternal = await stored(registry, entry("b"));
    expect(
      await registry.renewMany(
        [bound, eternal].map(({ identity, epoch }) => ({ identity, epoch })),
        CALL,
      ),
    ).toEqual(["never", "never"]);
    expect(await get(registry, "a")).toEqual(bound);
    await registry.renewMany([{ identity: "a", epoch: bound.epoch, ttlMs: 7 }], CALL);
    expect(await get(registry, "a")).toEqual({ ...bound, ttlMs: 7 });
  });

  test("a stamp makes a session-bound record expire by itself, and renewable from then on", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    await startSession(registry, "s");
    const { epoch } = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
    const expiresAt = clock.now + 40;
    expect(await registry.renewMany([{ identity: "a", epoch, expiresAt }], CALL)).toEqual([expiresAt]);
    expect(await registry.renewMany([{ identity: "a", epoch }], CALL)).toEqual([clock.now + 100]);
  });

  test("a stamp never makes a record expire earlier than it already would", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const mortal = await stored(registry, entry("a", { ttlMs: 100 }));
    const eternal = await stored(registry, entry("b"));
    const expiresAt = clock.now + 40;
    const leases = [mortal, eternal].map(({ identity, epoch }) => ({ identity, epoch, expiresAt }));
    expect(await registry.renewMany(leases, CALL)).toEqual([clock.now + 100, "never"]);
  });

  test("a stamp in the past ends a record at once", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    await startSession(registry, "s");
    const { epoch } = await stored(registry, entry("a", { ttlMs: 100, ...BOUND }));
    await registry.renewMany([{ identity: "a", epoch, expiresAt: clock.now - 1 }], CALL);
    expect(await get(registry, "a")).toBeUndefined();
    expect(await registry.reap({ limit: 1, claimMs: 1, graceMs: 0 }, CALL)).toHaveLength(1);
  });

  test("another epoch is fenced, an unknown identity absent", async () => {
    const registry = await fixture().client();
    const { epoch } = await stored(registry, entry("a"));
    expect(
      await registry.renewMany(
        [
          { identity: "a", epoch: epoch + 1 },
          { identity: "b", epoch },
        ],
        CALL,
      ),
    ).toEqual(["fenced", "absent"]);
  });
});

describe("deleteMany", () => {
  test("removes at once, without a tombstone; twice is absent", async () => {
    const registry = await fixture().client();
    const { epoch } = await stored(registry, entry("a", { ttlMs: 1 }));
    expect(
      await registry.deleteMany(
        [
          { identity: "a", epoch },
          { identity: "a", epoch },
        ],
        CALL,
      ),
    ).toEqual(["deleted", "absent"]);
    expect(await registry.census(CALL)).toEqual({ counted: 0, expired: 0 });
  });

  test("leaves nothing to reap", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const { epoch } = await stored(registry, entry("a", { ttlMs: 10 }));
    await registry.deleteMany([{ identity: "a", epoch }], CALL);
    clock.now += 1_000;
    expect(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL)).toEqual([]);
  });

  test("another life is fenced, by epoch and by attempt", async () => {
    const registry = await fixture().client();
    const first = await stored(registry, entry("a"));
    const second = await stored(registry, entry("a", { mode: "replace" }));
    const keys = [
      { identity: "a", epoch: first.epoch },
      { identity: "a", attempt: first.attempt },
    ];
    expect(await registry.deleteMany(keys, CALL)).toEqual(["fenced", "fenced"]);
    expect(await get(registry, "a")).toEqual(second);
    expect(await registry.deleteMany([{ identity: "a", attempt: second.attempt }], CALL)).toEqual(["deleted"]);
  });
});

describe("sessions", () => {
  test("no scan, count, census or quota includes one", async () => {
    const { client, clock } = fixture();
    const registry = await client({ maxIdentities: 1 });
    await startSession(registry, "s", 10);
    await startSession(registry, "t", 10_000);
    await stored(registry, entry("a", { session: "s" }));
    expect(await scanIdentities(registry)).toEqual(["a"]);
    expect(await scanIdentities(registry, { session: "s" })).toEqual(["a"]);
    expect(await registry.counts?.count(undefined, CALL)).toBe(1);
    clock.now += 10;
    expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 0 });
  });

  test("they are renewed, and end in both steps, like any other", async () => {
    const { client, clock } = fixture();
    const registry = await client();
    const { identity, epoch } = await startSession(registry, "s", 10);
    expect(await registry.renewMany([{ identity, epoch }], CALL)).toEqual([clock.now + 10]);
    clock.now += 10;
    const expired = await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL);
    expect(expired).toMatchObject([{ step: "expired", registration: { identity } }]);
    await registry.confirmMany(expired, CALL);
    expect(await registry.reap({ limit: 9, claimMs: 1, graceMs: 0 }, CALL)).toMatchObject([
      { step: "over", registration: { identity } },
    ]);
  });
});

describe("quota", () => {
  test("refuses the one too many, and a registration that ended makes room", async () => {
    const registry = await fixture().client({ maxIdentities: 2 });
    const { epoch } = await stored(registry, entry("a"));
    await stored(registry, entry("b"));
    expect(await set(registry, entry("c"))).toEqual({ refused: "quota" });
    expect(await set(registry, entry("b"))).toHaveProperty("stored");
    await registry.deleteMany([{ identity: "a", epoch }], CALL);
    expect(await set(registry, entry("c"))).toHaveProperty("stored");
  });

  test("an expired record counts until that step is confirmed", async () => {
    const { client, clock } = fixture();
    const registry = await client({ maxIdentities: 1 });
    await stored(registry, entry("a", { ttlMs: 10 }));
    clock.now += 10;
    expect(await set(registry, entry("b"))).toEqual({ refused: "quota" });
    const claims = await registry.reap({ limit: 1, claimMs: 1_000, graceMs: 1_000 }, CALL);
    expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 1 });
    expect(await set(registry, entry("b"))).toEqual({ refused: "quota" });
    await registry.confirmMany(claims, CALL);
    expect(await set(registry, entry("b"))).toHaveProperty("stored");
    expect(await set(registry, entry("a"))).toEqual({ refused: "quota" });
  });

  test("the successor of an expired record takes its place", async () => {
    const { client, clock } = fixture();
    const registry = await client({ maxIdentities: 1 });
    await stored(registry, entry("a", { ttlMs: 10 }));
    clock.now += 10;
    expect(await set(registry, entry("a"))).toHaveProperty("stored");
    expect(await registry.census(CALL)).toEqual({ counted: 1, expired: 0 });
  });

  test("holds, with one winner each, when four clients register the same identities at once", async () => {
    const { client } = fixture();
    const clients = await Promise.all(["s", "t", "u", "v"].map(() => client({ maxIdentities: 60 })));
    for (const [index, registry] of clients.entries()) await startSession(registry, `session-${index}`);
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => {
        const registry = clients[i % 4] ?? memoryRegistry({ hub: memoryHub() });
        return set(registry, entry(`identity-${i % 100}`, { session: `session-${i % 4}`, sessionBound: true }));
      }),
    );
    const winners = outcomes.flatMap((outcome) => ("stored" in outcome ? [outcome.stored.identity] : []));
    expect(winners).toHaveLength(60);
    expect(new Set(winners).size).toBe(60);
  });
});

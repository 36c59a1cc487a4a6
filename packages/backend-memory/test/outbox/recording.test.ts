import { describe, expect, it } from "vitest";
import { memoryDurability, memoryFaults, memoryTransaction } from "../../src/index.ts";
import { attach, receiveOne, SCOPE, send as enqueue } from "../durability/support.ts";
import { CALL, NAMESPACE } from "../support.ts";
import { brief, fixture, LEASE_MS, page, send, start, takeAll } from "./support.ts";

describe("what is recorded", () => {
  it("reaches relays with the effects of its transaction, in one turn", async () => {
    const outbox = await fixture().client();
    const transaction = memoryTransaction();
    await outbox.record(transaction, start("m"), page(["a", "b"]), CALL);
    const leases = await outbox.leaseShards("r", { leaseMs: LEASE_MS }, CALL);
    expect(await takeAll(outbox, leases)).toEqual([]);
    await transaction.commit();
    expect(brief(await takeAll(outbox, leases))).toEqual(["m→a", "m→b"]);
  });

  it("goes with what a handler writes", async () => {
    const { hub, client } = fixture();
    const outbox = await client();
    const durability = memoryDurability({ hub });
    await durability.open({ namespace: NAMESPACE, durability: SCOPE }, CALL);
    await enqueue(durability, "in", ["a"]);
    await attach(durability, ["a"]);
    const { receipt } = await receiveOne(durability);
    await durability.transactions?.handleOnce(
      { messageId: "in", identity: "a", receipt },
      async (transaction) => void (await outbox.record(transaction, start("out"), page(["b"]), CALL)),
      CALL,
    );
    const leases = await outbox.leaseShards("r", { leaseMs: LEASE_MS }, CALL);
    expect(brief(await takeAll(outbox, leases))).toEqual(["out→b"]);
  });

  it("goes with a handler that throws", async () => {
    const { hub, client } = fixture();
    const outbox = await client();
    const durability = memoryDurability({ hub });
    await durability.open({ namespace: NAMESPACE, durability: SCOPE }, CALL);
    await enqueue(durability, "in", ["a"]);
    await attach(durability, ["a"]);
    const { receipt } = await receiveOne(durability);
    const handled = durability.transactions?.handleOnce(
      { messageId: "in", identity: "a", receipt },
      async (transaction) => {
        await outbox.record(transaction, start("out", { idempotencyKey: "k" }), page(["b"]), CALL);
        throw new Error("no");
      },
      CALL,
    );
    await expect(handled).rejects.toThrow("no");
    expect(await outbox.backlog(CALL)).toEqual({ deliveries: 0, oldestMs: undefined });
    const next = memoryTransaction();
    expect(await outbox.record(next, start("again", { idempotencyKey: "k" }), page(["b"]), CALL)).toMatchObject({
      isNew: true,
    });
  });

  it("frees its key when its process dies before the commit", async () => {
    const { client } = fixture();
    const outbox = await client();
    const faults = memoryFaults();
    const mortal = await client(faults);
    const keyed = start("m", { idempotencyKey: "k" });
    await mortal.record(memoryTransaction({ faults }), keyed, page(["a"]), CALL);
    const second = outbox.record(memoryTransaction(), start("n", { idempotencyKey: "k" }), page(["a"]), CALL);
    faults.stop();
    expect(await second).toMatchObject({ isNew: true, targetCount: 1 });
  });

  it("is the transaction's again when its call was given up", async () => {
    const { client } = fixture();
    const outbox = await client();
    const transaction = memoryTransaction();
    const controller = new AbortController();
    const call = { signal: controller.signal };
    async function* stuck(): AsyncGenerator<never[]> {
      controller.abort(new Error("given up"));
      yield [];
    }
    await expect(outbox.record(transaction, start("m"), stuck(), call)).rejects.toMatchObject({ code: "ABORTED" });
    await outbox.record(transaction, start("m"), page(["a"]), CALL);
    await transaction.commit();
    expect(await outbox.counts("m", CALL)).toEqual({ targets: 1, delivered: 0, failed: 0 });
  });
});

describe("a parcel", () => {
  it("holds a thousand recipients at most, all of one shard", async () => {
    const outbox = await fixture().client();
    await send(
      outbox,
      "m",
      Array.from({ length: 40_000 }, (_, i) => `device-${i}`),
    );
    const leases = await outbox.leaseShards("r", { leaseMs: LEASE_MS }, CALL);
    const shards = new Map<number, number>();
    for (const lease of leases) {
      const parcels = await outbox.take(lease, { maxTargets: 100_000 }, CALL);
      for (const { targets } of parcels) expect(targets.length).toBeLessThanOrEqual(1_000);
      shards.set(lease.shard, parcels.flatMap(({ targets }) => targets).length);
    }
    expect([...shards.values()].reduce((sum, size) => sum + size, 0)).toBe(40_000);
    expect(Math.min(...shards.values())).toBeGreaterThan(2_000);
  });
});

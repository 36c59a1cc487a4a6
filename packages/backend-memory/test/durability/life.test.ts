import { describe, expect, test } from "vitest";
import { memoryDurability, memoryFaults, memoryHub } from "../../src/index.ts";
import { ABORTED_CALL, CALL, NAMESPACE } from "../support.ts";
import { attach, brief, fixture, receive, SCOPE, send } from "./support.ts";

describe("a durability client", () => {
  test("leaves what is queued to the hub when it is closed, and rejects with CLOSED before and after", async () => {
    const { client, hub } = fixture();
    const unopened = memoryDurability({ hub });
    await expect(send(unopened, "m", ["a"])).rejects.toMatchObject({ code: "CLOSED" });
    const closed = await client();
    await send(closed, "m", ["a"]);
    await closed.close();
    await closed.close();
    await expect(send(closed, "n", ["a"])).rejects.toMatchObject({ code: "CLOSED" });
    const other = await client();
    await attach(other, ["a"]);
    expect(brief(await receive(other))).toEqual(["m→a#1"]);
  });

  test("sees nothing of other namespaces", async () => {
    const hub = memoryHub();
    const [one, other] = [memoryDurability({ hub }), memoryDurability({ hub })];
    await one.open({ namespace: NAMESPACE }, CALL);
    await other.open({ namespace: "other" }, CALL);
    await send(one, "m", ["a"]);
    await attach(other, ["a"]);
    expect(await receive(other)).toEqual([]);
  });

  test("states the retention of its scope as its window of deduplication, a day without one", async () => {
    const durability = memoryDurability();
    await durability.open({ namespace: NAMESPACE }, CALL);
    expect(durability.traits.dedupWindowMs).toBe(86_400_000);
    expect((await fixture().client()).traits.dedupWindowMs).toBe(SCOPE.trackingRetentionMs);
  });

  test("does nothing for a caller who has given up, or while its store is down", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const durability = await client({}, faults);
    await attach(durability, ["a"]);
    const options = { max: 1, maxPerIdentity: 1, waitMs: 0, leaseMs: 50 };
    await expect(durability.dequeue("s", options, ABORTED_CALL)).rejects.toMatchObject({
      code: "ABORTED",
      mayHaveApplied: false,
    });
    faults.down("store");
    await expect(send(durability, "m", ["a"])).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
    faults.up("store");
    faults.down("replies");
    await expect(send(durability, "n", ["a"])).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: true });
    faults.up("replies");
    expect(brief(await receive(durability))).toEqual(["n→a#1"]);
  });

  test("has nothing left to sweep", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await send(durability, "m", ["a"]);
    clock.now += SCOPE.trackingRetentionMs;
    expect(await durability.sweep({ limit: 10 }, CALL)).toBe(0);
    expect(await durability.tracking?.counts("m", CALL)).toEqual({ pending: 0, delivered: 0, failed: 0 });
  });
});

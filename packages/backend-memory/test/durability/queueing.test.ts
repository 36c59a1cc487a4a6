import { describe, expect, test } from "vitest";
import { CALL } from "../support.ts";
import {
  attach,
  brief,
  codes,
  deliveries,
  fixture,
  message,
  receive,
  send,
  settle,
  targets,
  TTL_MS,
} from "./support.ts";

describe("enqueueMany", () => {
  test("the same message for the same identity is one delivery, before and after it is settled, by whomever", async () => {
    const { client } = fixture();
    const [one, other] = [await client(), await client()];
    await send(one, "m", ["a", "b", "a"]);
    await send(other, "m", ["b", "c"], { epoch: 7 });
    await attach(one, ["a", "b", "c"]);
    const received = await receive(one);
    expect(brief(received)).toEqual(["m→a#1", "m→b#1", "m→c#1"]);
    await settle(one, received, "ack");
    await send(other, "m", ["a", "b", "c"]);
    expect(await receive(one)).toEqual([]);
  });

  test("keeps the bytes as they were", async () => {
    const durability = await fixture().client();
    const payload = new Uint8Array([1, 2, 3]);
    await durability.enqueueMany(message("m", { payload }), targets(["a", "b"]), { ttlMs: TTL_MS }, CALL);
    payload.fill(0);
    await attach(durability, ["a", "b"]);
    const [first] = await receive(durability, { max: 1 });
    expect(first?.message.payload).toEqual(new Uint8Array([1, 2, 3]));
    first?.message.payload.fill(0);
    const [second] = await receive(durability);
    expect(second?.message).toEqual(message("m", { payload: new Uint8Array([1, 2, 3]) }));
  });

  test("refuses with QUEUE_FULL what is over maxQueued, leased deliveries counted, and nobody else's", async () => {
    const durability = await fixture().client({ maxQueued: 2 });
    await attach(durability, ["a"]);
    await send(durability, "m1", ["a"]);
    const leased = await receive(durability);
    await send(durability, "m2", ["a"]);
    expect(codes(await send(durability, "m3", ["b", "a"]))).toEqual(["1 QUEUE_FULL"]);
    expect(codes(await send(durability, "m2", ["a"]))).toEqual([]);
    await settle(durability, leased, "ack");
    expect(codes(await send(durability, "m3", ["a"]))).toEqual([]);
  });

  test("refuses what is too much before anything is stored", async () => {
    const durability = await fixture().client();
    const many = targets(Array.from({ length: durability.traits.maxBatch + 1 }, (_, i) => `id-${i}`));
    await expect(durability.enqueueMany(message("m"), many, { ttlMs: TTL_MS }, CALL)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    const big = message("m", { payload: new Uint8Array(durability.traits.maxPayloadBytes + 1) });
    await expect(durability.enqueueMany(big, targets(["a"]), { ttlMs: TTL_MS }, CALL)).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
    });
    expect(await deliveries(durability, "m")).toEqual([]);
  });

  test("what is past its TTL is never handed out, and has failed as EXPIRED from that very millisecond", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    clock.now += TTL_MS - 1;
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "pending" }]);
    clock.now += 1;
    expect(await receive(durability)).toEqual([]);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "failed", code: "EXPIRED", attempts: 0 }]);
  });

  test("a lease that outlives the TTL can still be acknowledged, and what comes back from one expires", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a", "b"]);
    await send(durability, "m", ["a", "b"]);
    const [a, b] = await receive(durability, { leaseMs: 2 * TTL_MS });
    clock.now += TTL_MS + 1;
    expect(codes(await settle(durability, a ? [a] : [], "ack"))).toEqual([]);
    expect(codes(await settle(durability, b ? [b] : [], "retry"))).toEqual([]);
    expect(await receive(durability)).toEqual([]);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "delivered" }, { code: "EXPIRED" }]);
  });

  test("after the window of deduplication the same id is a new message", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    await settle(durability, await receive(durability), "ack");
    clock.now += durability.traits.dedupWindowMs - 1;
    await send(durability, "m", ["a"]);
    expect(await receive(durability)).toEqual([]);
    clock.now += 1;
    await send(durability, "m", ["a"]);
    expect(brief(await receive(durability))).toEqual(["m→a#1"]);
  });
});

import type { Settlement } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { memoryFaults } from "../../src/index.ts";
import { CALL } from "../support.ts";
import { attach, brief, codes, deliveries, fixture, LEASE_MS, receive, receiveOne, send, settle } from "./support.ts";

const WAYS: readonly Settlement["as"][] = ["ack", "retry", "release", "dead"];

describe("a lease", () => {
  test("that ends before it was settled brings the delivery back, with one attempt more", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    await receiveOne(durability);
    clock.now += LEASE_MS - 1;
    expect(await receive(durability)).toEqual([]);
    clock.now += 1;
    expect(brief(await receive(durability))).toEqual(["m→a#2"]);
  });

  test("that has ended can still be settled, until the delivery is leased again", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a", "b"]);
    await send(durability, "m", ["a", "b"]);
    const [a, b] = await receive(durability);
    clock.now += LEASE_MS;
    expect(codes(await settle(durability, a ? [a] : [], "ack"))).toEqual([]);
    expect(brief(await receive(durability))).toEqual(["m→b#2"]);
    expect(codes(await settle(durability, b ? [b] : [], "ack"))).toEqual(["0 FENCED"]);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "delivered" }, { status: "pending" }]);
  });

  test("goes on for as long as it is extended, and can't be extended once it has ended", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    const { receipt } = await receiveOne(durability);
    clock.now += LEASE_MS - 1;
    expect(codes(await durability.extendMany(["nothing", receipt], LEASE_MS, CALL))).toEqual(["0 FENCED"]);
    clock.now += LEASE_MS - 1;
    expect(await receive(durability)).toEqual([]);
    clock.now += 1;
    expect(codes(await durability.extendMany([receipt], LEASE_MS, CALL))).toEqual(["0 FENCED"]);
  });

  test.each(WAYS)("settled twice as %s is no failure, and settled otherwise is FENCED", async (as) => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    const received = [await receiveOne(durability)];
    expect(codes(await settle(durability, received, as))).toEqual([]);
    expect(codes(await settle(durability, received, as))).toEqual([]);
    for (const other of WAYS.filter((way) => way !== as))
      expect(codes(await settle(durability, received, other))).toEqual(["0 FENCED"]);
  });

  test("of a process that has died ends only with its time", async () => {
    const { client, clock } = fixture();
    const faults = memoryFaults();
    const [victim, witness] = [await client({}, faults), await client()];
    await attach(victim, ["a"]);
    await send(witness, "m", ["a"]);
    await receiveOne(victim);
    faults.stop();
    await victim.close();
    expect(await receive(witness)).toEqual([]);
    clock.now += LEASE_MS;
    expect(brief(await receive(witness))).toEqual(["m→a#2"]);
  });
});

describe("attachMany", () => {
  test("moves the queue at once, what was leased included, as never tried, and fences every earlier receipt", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a", "b"]);
    await send(durability, "m", ["a"]);
    const before = await receive(durability);
    await send(durability, "m", ["b"]);
    const over = await receive(durability);
    clock.now += LEASE_MS;
    await attach(durability, ["b"], { session: "t", epoch: 2 });
    await send(durability, "n", ["a"]);
    await attach(durability, ["a"], { session: "t", epoch: 1 });
    for (const as of WAYS)
      expect(codes(await settle(durability, [...before, ...over], as))).toEqual(["0 FENCED", "1 FENCED"]);
    expect(await receive(durability)).toEqual([]);
    expect(brief(await receive(durability, { session: "t" }))).toEqual(["m→a#2", "m→b#2", "n→a#1"]);
  });

  test("of the same epoch by the same session changes nothing", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    const received = await receive(durability);
    await attach(durability, ["a"]);
    expect(await receive(durability)).toEqual([]);
    expect(codes(await settle(durability, received, "ack"))).toEqual([]);
  });

  test("of a lower epoch is FENCED, and the queue stays where it is", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"], { epoch: 2 });
    expect(codes(await attach(durability, ["b", "a"], { session: "t" }))).toEqual(["1 FENCED"]);
    await send(durability, "m", ["a"], { epoch: 1 });
    expect(await receiveOne(durability)).toMatchObject({ identity: "a", epoch: 2 });
  });
});

describe("detachMany", () => {
  test("ends what the session holds as by release, and leaves the queue to the next", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    await send(durability, "m", ["a"]);
    const received = await receive(durability);
    await durability.detachMany("t", ["a"], CALL);
    expect(
      codes(
        await durability.extendMany(
          received.map(({ receipt }) => receipt),
          LEASE_MS,
          CALL,
        ),
      ),
    ).toEqual([]);
    await durability.detachMany("s", ["a", "unknown"], CALL);
    expect(codes(await settle(durability, received, "release"))).toEqual([]);
    expect(codes(await settle(durability, received, "ack"))).toEqual(["0 FENCED"]);
    expect(await receive(durability)).toEqual([]);
    await attach(durability, ["a"], { session: "t" });
    expect(brief(await receive(durability, { session: "t" }))).toEqual(["m→a#1"]);
  });
});

describe("dropMany", () => {
  const WHY = { code: "UNREGISTERED", reason: "gone" } as const;

  test("ends what was enqueued up to its epoch, leased or not, detaches it, and lets nothing more in", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"], { epoch: 2 });
    await send(durability, "m1", ["a"], { epoch: 1 });
    const leased = await receive(durability);
    await send(durability, "m2", ["a"], { epoch: 2 });
    await send(durability, "m3", ["a"], { epoch: 3 });
    await durability.dropMany([{ identity: "a", epoch: 2 }], WHY, CALL);
    for (const id of ["m1", "m2"])
      expect(await deliveries(durability, id)).toMatchObject([{ status: "failed", ...WHY }]);
    expect(codes(await settle(durability, leased, "ack"))).toEqual(["0 FENCED"]);
    expect(codes(await send(durability, "m4", ["a"], { epoch: 2 }))).toEqual(["0 UNREGISTERED"]);
    expect(codes(await send(durability, "m1", ["a"], { epoch: 2 }))).toEqual([]);
    expect(codes(await attach(durability, ["a"], { epoch: 2 }))).toEqual(["0 FENCED"]);
    await attach(durability, ["a"], { epoch: 3 });
    expect(brief(await receive(durability))).toEqual(["m3→a#1"]);
  });

  test("touches no later life, and nothing when it is repeated", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"], { epoch: 3 });
    await send(durability, "m", ["a"], { epoch: 3 });
    const received = await receive(durability);
    await durability.dropMany([{ identity: "a", epoch: 2 }], WHY, CALL);
    await durability.dropMany([{ identity: "a", epoch: 2 }], WHY, CALL);
    await durability.dropMany([{ identity: "a", epoch: 1 }], WHY, CALL);
    expect(codes(await send(durability, "n", ["a"], { epoch: 2 }))).toEqual(["0 UNREGISTERED"]);
    expect(codes(await settle(durability, received, "ack"))).toEqual([]);
  });
});

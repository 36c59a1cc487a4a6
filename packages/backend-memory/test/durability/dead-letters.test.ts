import type { DeadLetterFacet, DeadLetterKey } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { CALL } from "../support.ts";
import {
  attach,
  brief,
  codes,
  deliveries,
  type Durability,
  fixture,
  letters,
  receive,
  SCOPE,
  send,
  settle,
  TTL_MS,
} from "./support.ts";

function facet(durability: Durability): DeadLetterFacet {
  if (durability.deadLetters === undefined) throw new Error("no dead letters");
  return durability.deadLetters;
}

async function rejected(durability: Durability, id: string, identities: readonly string[]): Promise<void> {
  await send(durability, id, identities);
  await attach(durability, identities);
  await settle(durability, await receive(durability), "dead");
}

function key(messageId: string, identity: string): DeadLetterKey {
  return { messageId, identity };
}

describe("dead letters", () => {
  test("are what was rejected or dropped, and not what has expired, by identity and then message", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await rejected(durability, "n", ["b", "a"]);
    await rejected(durability, "m", ["b", "a", "\ufb01"]);
    await send(durability, "o", ["a", "e"]);
    await durability.dropMany([{ identity: "a", epoch: 1 }], { code: "UNREGISTERED", reason: "gone" }, CALL);
    clock.now += TTL_MS;
    const expected = ["a m REJECTED", "a n REJECTED", "a o UNREGISTERED", "b m REJECTED", "b n REJECTED"];
    expect(await letters(durability)).toEqual([...expected, "\ufb01 m REJECTED"]);
    expect(await letters(durability, "b")).toEqual(expected.slice(3));
    expect(await letters(durability, "e")).toEqual([]);
  });

  test("carry the whole message, with when and after how many attempts it died", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await rejected(durability, "m", ["a"]);
    const died = { code: "REJECTED", reason: "no", diedAt: clock.now, attempts: 1 };
    const payload = new TextEncoder().encode("m");
    for await (const page of facet(durability).list({ pageSize: 10 }, CALL))
      expect(page).toEqual([{ ...key("m", "a"), ...died, contentType: "text/plain", sentAt: 5, payload }]);
  });

  test("are kept for their own retention, longer than their multicast is, and then forgotten", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await rejected(durability, "m", ["a"]);
    clock.now += SCOPE.deadLetterRetentionMs - 1;
    expect(await letters(durability)).toEqual(["a m REJECTED"]);
    clock.now += 1;
    expect(await letters(durability)).toEqual([]);
    expect(await deliveries(durability, "m")).toEqual([]);
  });

  test("redriven are queued behind the others, under their old id, as never tried, and lose their old receipts", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await send(durability, "m", ["a"]);
    await attach(durability, ["a"]);
    const old = await receive(durability);
    await settle(durability, old, "dead");
    clock.now += TTL_MS + SCOPE.trackingRetentionMs;
    await send(durability, "n", ["a"]);
    const keys = [key("m", "a"), key("m", "b"), key("n", "a")];
    expect(codes(await facet(durability).redriveMany(keys, { ttlMs: TTL_MS }, CALL))).toEqual([
      "1 NOT_FOUND",
      "2 NOT_FOUND",
    ]);
    expect(await letters(durability)).toEqual([]);
    expect(codes(await settle(durability, old, "dead"))).toEqual(["0 FENCED"]);
    expect(brief(await receive(durability))).toEqual(["n→a#1", "m→a#1"]);
  });

  test("redriven after their identity was dropped wait for its next life, whatever drops are repeated", async () => {
    const durability = await fixture().client();
    const gone = [{ identity: "a", epoch: 3 }];
    await send(durability, "m", ["a"]);
    await durability.dropMany(gone, { code: "UNREGISTERED", reason: "gone" }, CALL);
    await facet(durability).redriveMany([key("m", "a")], { ttlMs: TTL_MS }, CALL);
    await durability.dropMany(gone, { code: "UNREGISTERED", reason: "gone" }, CALL);
    await attach(durability, ["a"], { epoch: 4 });
    expect(brief(await receive(durability))).toEqual(["m→a#1"]);
  });

  test("can't be redriven into a full queue, and stay", async () => {
    const durability = await fixture().client({ maxQueued: 1 });
    await rejected(durability, "m", ["a"]);
    await send(durability, "n", ["a"]);
    expect(codes(await facet(durability).redriveMany([key("m", "a")], { ttlMs: TTL_MS }, CALL))).toEqual([
      "0 QUEUE_FULL",
    ]);
    expect(await letters(durability)).toEqual(["a m REJECTED"]);
  });

  test("purged are gone, and still known to have failed", async () => {
    const durability = await fixture().client();
    await rejected(durability, "m", ["a", "b"]);
    const keys = [key("m", "a"), key("m", "a")];
    expect(codes(await facet(durability).purgeMany(keys, CALL))).toEqual(["1 NOT_FOUND"]);
    expect(await letters(durability)).toEqual(["b m REJECTED"]);
    expect(await deliveries(durability, "m", { statuses: ["failed"] })).toHaveLength(2);
  });
});

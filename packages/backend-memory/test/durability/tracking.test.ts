import type { MulticastStart, TrackingFacet } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { CALL } from "../support.ts";
import {
  attach,
  deliveries,
  type Durability,
  fixture,
  message,
  receive,
  SCOPE,
  send,
  settle,
  TTL_MS,
} from "./support.ts";

function tracking(durability: Durability): TrackingFacet {
  if (durability.tracking === undefined) throw new Error("no tracking");
  return durability.tracking;
}

function start(id: string, changes: Partial<MulticastStart> = {}): MulticastStart {
  return { message: message(id), idempotencyKey: undefined, digest: "d", filter: null, ttlMs: TTL_MS, ...changes };
}

describe("begin", () => {
  test("of several with one id or one key, one begins, and the others are given the record that stands", async () => {
    const { client, clock } = fixture();
    const [one, other] = [tracking(await client()), tracking(await client())];
    const first = start("m", { idempotencyKey: "k", filter: '{"a":1}' });
    const record = { ...first, state: "open", startedAt: clock.now };
    expect(await one.begin(first, CALL)).toEqual({ begun: true, record });
    clock.now += 1;
    expect(await other.begin(start("m"), CALL)).toEqual({ begun: false, record });
    expect(await other.begin(start("n", { idempotencyKey: "k", digest: "e" }), CALL)).toEqual({ begun: false, record });
    expect(await one.find("n", CALL)).toBeUndefined();
    await other.complete("m", CALL);
    expect(await one.find("m", CALL)).toEqual({ ...record, state: "complete" });
  });

  test("is forgotten with its key after the retention, and what is pending is still handed out", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    const { begin, find, counts } = tracking(durability);
    await begin(start("m", { idempotencyKey: "k" }), CALL);
    await send(durability, "m", ["a", "b"], { ttlMs: 2 * SCOPE.trackingRetentionMs });
    await attach(durability, ["a"]);
    await settle(durability, await receive(durability), "ack");
    clock.now += SCOPE.trackingRetentionMs;
    expect(await find("m", CALL)).toBeUndefined();
    expect(await counts("m", CALL)).toEqual({ pending: 1, delivered: 0, failed: 0 });
    expect(await begin(start("n", { idempotencyKey: "k" }), CALL)).toMatchObject({ begun: true });
    await attach(durability, ["b"]);
    await settle(durability, await receive(durability), "ack");
    expect(await counts("m", CALL)).toEqual({ pending: 0, delivered: 0, failed: 0 });
  });
});

describe("deliveries and counts", () => {
  test("say what became of each, in UTF-8 order, page by page, and of some statuses alone", async () => {
    const durability = await fixture().client();
    const identities = ["\u{1f600}", "b", "\ufb01", "a", "c"];
    await send(durability, "m", identities);
    await attach(durability, ["a", "b", "c"]);
    const [a, b] = await receive(durability);
    await settle(durability, a ? [a] : [], "ack");
    await settle(durability, b ? [b] : [], "dead");
    const none = { code: undefined, reason: undefined };
    const all = [
      { identity: "a", status: "delivered", attempts: 1, ...none },
      { identity: "b", status: "failed", attempts: 1, code: "REJECTED", reason: "no" },
      { identity: "c", status: "pending", attempts: 1, ...none },
      { identity: "\ufb01", status: "pending", attempts: 0, ...none },
      { identity: "\u{1f600}", status: "pending", attempts: 0, ...none },
    ];
    expect(await deliveries(durability, "m")).toEqual(all);
    expect(await deliveries(durability, "m", { pageSize: 2 })).toEqual(all);
    expect(await deliveries(durability, "m", { after: "b", pageSize: 1, statuses: ["pending"] })).toEqual(all.slice(2));
    expect(await tracking(durability).counts("m", CALL)).toEqual({ pending: 3, delivered: 1, failed: 1 });
    expect(await tracking(durability).counts("unknown", CALL)).toEqual({ pending: 0, delivered: 0, failed: 0 });
  });
});

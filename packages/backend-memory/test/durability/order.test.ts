import { describe, expect, test } from "vitest";
import { CALL } from "../support.ts";
import { attach, brief, fixture, receive, send, settle } from "./support.ts";

describe("dequeue", () => {
  test("hands out the oldest first, across identities, whenever they were attached", async () => {
    const durability = await fixture().client();
    await attach(durability, ["b"]);
    await send(durability, "m1", ["a"]);
    await send(durability, "m2", ["b", "a"]);
    await send(durability, "m3", ["b"]);
    await attach(durability, ["a"]);
    expect(brief(await receive(durability, { max: 3 }))).toEqual(["m1→a#1", "m2→b#1", "m2→a#1"]);
  });

  test("one call may lease several of one recipient; then the others of it stay until all of these are settled", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a", "b"]);
    for (const id of ["m1", "m2", "m3"]) await send(durability, id, ["a"]);
    const [first, second] = await receive(durability, { max: 2 });
    await send(durability, "m4", ["b"]);
    expect(brief(await receive(durability))).toEqual(["m4→b#1"]);
    await settle(durability, first ? [first] : [], "ack");
    expect(await receive(durability)).toEqual([]);
    await settle(durability, second ? [second] : [], "ack");
    expect(brief(await receive(durability))).toEqual(["m3→a#1"]);
  });

  test("takes at most maxPerIdentity of one recipient, and goes on with the others", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a", "b"]);
    for (const id of ["m1", "m2", "m3"]) await send(durability, id, ["a"]);
    await send(durability, "m4", ["b"]);
    const received = await receive(durability, { maxPerIdentity: 2 });
    expect(brief(received)).toEqual(["m1→a#1", "m2→a#1", "m4→b#1"]);
    await settle(durability, received, "ack");
    expect(brief(await receive(durability, { maxPerIdentity: 2 }))).toEqual(["m3→a#1"]);
  });

  test("a message that comes again after another keeps its place behind that one", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a", "b"]);
    await send(durability, "m1", ["b"]);
    await send(durability, "m2", ["a"]);
    await send(durability, "m1", ["a"]);
    expect(brief(await receive(durability))).toEqual(["m1→b#1", "m2→a#1", "m1→a#1"]);
  });

  test("what waits for its delay holds up the later ones of its recipient, and only those", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await attach(durability, ["a", "b"]);
    await send(durability, "m1", ["a", "b"]);
    const [a] = await receive(durability, { max: 1 });
    await durability.settleMany([{ receipt: a?.receipt ?? "", as: "retry", delayMs: 50 }], CALL);
    await send(durability, "m2", ["a", "b"]);
    expect(brief(await receive(durability))).toEqual(["m1→b#1", "m2→b#1"]);
    clock.now += 49;
    expect(await receive(durability)).toEqual([]);
    clock.now += 1;
    expect(brief(await receive(durability))).toEqual(["m1→a#2", "m2→a#1"]);
  });

  test("a dead letter no longer holds up the later ones", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    await send(durability, "m1", ["a"]);
    await send(durability, "m2", ["a"]);
    await settle(durability, await receive(durability, { max: 1 }), "dead");
    expect(brief(await receive(durability))).toEqual(["m2→a#1"]);
  });

  test("released comes back at once in its old place, as if it had not been tried", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    await send(durability, "m1", ["a"]);
    await send(durability, "m2", ["a"]);
    const [first, second] = await receive(durability);
    await settle(durability, first && second ? [second, first] : [], "release");
    expect(brief(await receive(durability))).toEqual(["m1→a#1", "m2→a#1"]);
  });

  test("hands out every delivery of a long backlog once, whatever the pages", async () => {
    const durability = await fixture().client();
    const identities = Array.from({ length: 10_000 }, (_, i) => `id-${i}`);
    await attach(durability, identities);
    for (let i = 0; i < 5; i++) await send(durability, `m${i}`, identities);
    const received: string[] = [];
    for (let page = await receive(durability, { max: 1 }); page.length > 0; ) {
      await settle(durability, page, "ack");
      received.push(...brief(page));
      page = await receive(durability, { max: 70 });
    }
    const expected = Array.from({ length: 5 }, (_, i) => identities.map((identity) => `m${i}→${identity}#1`)).flat();
    expect(received).toEqual(expected);
  });
});

describe("dequeue that waits", () => {
  const OPTIONS = { max: 10, maxPerIdentity: 10, waitMs: 60_000, leaseMs: 100 };

  test("answers as soon as something is enqueued", async () => {
    const durability = await fixture().client();
    await attach(durability, ["a"]);
    const waiting = durability.dequeue("s", OPTIONS, CALL);
    await send(durability, "m", ["a"]);
    expect(await waiting).toMatchObject([{ message: { id: "m" } }]);
  });

  test("answers as soon as an identity with a backlog is attached", async () => {
    const durability = await fixture().client();
    await send(durability, "m", ["a"]);
    const waiting = durability.dequeue("s", OPTIONS, CALL);
    await attach(durability, ["a"]);
    expect(await waiting).toMatchObject([{ message: { id: "m" } }]);
  });

  test("ends with CLOSED when its client is closed, and with ABORTED when it is given up, leasing nothing", async () => {
    const { client } = fixture();
    const [closing, durability] = [await client(), await client()];
    const controller = new AbortController();
    const outcomes = Promise.allSettled([
      closing.dequeue("s", OPTIONS, CALL),
      durability.dequeue("s", OPTIONS, { signal: controller.signal }),
    ]);
    await attach(durability, ["a"]);
    await closing.close();
    controller.abort();
    await send(durability, "m", ["a"]);
    expect(await outcomes).toMatchObject([{ reason: { code: "CLOSED" } }, { reason: { code: "ABORTED" } }]);
    expect(brief(await receive(durability))).toEqual(["m→a#1"]);
  });
});

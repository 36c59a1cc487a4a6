/** What any process can read of a multicast: how it began, and what became of each delivery. */

import assert from "node:assert/strict";
import { compareStrings } from "@muster/filter";
import type { DurabilityCase } from "../../case.ts";
import { numbered } from "../support.ts";
import { begin, deliveriesOf, expectTracked, hasTracking, start, trackingOf } from "./facets.ts";
import { ack, attach, enqueue, expectHanded, message, pair, settle, take, takeOne } from "./support.ts";

const ZEROS = { pending: 0, delivered: 0, failed: 0 };

function trackingCase(name: string, rule: string, run: DurabilityCase["run"]): DurabilityCase {
  return { id: `durability/tracking/${name}`, rule, slot: "durability", applies: hasTracking, run };
}

export const trackingCases: readonly DurabilityCase[] = [
  trackingCase(
    "begins-once",
    "A multicast begins once, and whoever begins it again is given the record that stands.",
    async (ctx) => {
      const given = start(message("m", { replyTo: "node/1", payload: Uint8Array.of(0, 255) }), {
        idempotencyKey: "key",
      });
      const { begun, record } = await trackingOf(ctx.backend).begin(given, ctx.call);
      const { state, startedAt, ...stored } = record;
      assert.deepEqual([begun, state], [true, "open"]);
      assert.ok(Number.isSafeInteger(startedAt) && startedAt > 0, `startedAt: ${startedAt}`);
      assert.deepEqual(
        { ...stored.message, payload: [...stored.message.payload] },
        { ...given.message, payload: [0, 255] },
      );
      const { message: _, ...rest } = given;
      assert.deepEqual(
        [stored.idempotencyKey, stored.digest, stored.filter, stored.ttlMs],
        ["key", rest.digest, rest.filter, rest.ttlMs],
      );
      const other = start(message("m", { payload: Uint8Array.of(1) }), { digest: "another", filter: null, ttlMs: 1 });
      const again = await trackingOf(await ctx.peer()).begin(other, ctx.call);
      assert.deepEqual(again, { begun: false, record });
    },
  ),
  trackingCase(
    "one-per-key",
    "Under one idempotency key one multicast begins, and the others are given its record.",
    async (ctx) => {
      const { record } = await trackingOf(ctx.backend).begin(start(message("1"), { idempotencyKey: "key" }), ctx.call);
      const at = trackingOf(await ctx.peer());
      assert.deepEqual(await at.begin(start(message("2"), { idempotencyKey: "key" }), ctx.call), {
        begun: false,
        record,
      });
      assert.equal(await at.find("2", ctx.call), undefined, "the other one was not recorded");
      await begin(ctx, message("3"), { idempotencyKey: "another key" });
      await begin(ctx, message("4"));
      await begin(ctx, message("5"));
    },
  ),
  trackingCase(
    "races-begin-once",
    "Of several that begin at once, under one id or one key, exactly one begins.",
    async (ctx) => {
      const clients = [ctx.backend, await ctx.peer(), await ctx.peer(), await ctx.peer()];
      for (const round of numbered("round", 5)) {
        const byId = clients.map((_, index) => start(message(round), { digest: `${index}` }));
        const byKey = clients.map((_, index) =>
          start(message(`${round}-${index}`), { idempotencyKey: `key of ${round}` }),
        );
        for (const starts of [byId, byKey]) {
          const answers = await Promise.all(
            clients.map(async (at, index) => trackingOf(at).begin(starts[index] ?? start(message("")), ctx.call)),
          );
          assert.equal(answers.filter(({ begun }) => begun).length, 1, "begun");
          for (const { record } of answers) assert.deepEqual(record, answers[0]?.record);
          const { record } = answers.find(({ begun }) => begun) ?? {};
          assert.ok(
            starts.some(({ digest, message: { id } }) => id === record?.message.id && digest === record.digest),
          );
        }
      }
    },
  ),
  trackingCase(
    "found-until-it-is-complete-and-after",
    "A multicast is found by anyone, open until it has been completed, and complete from then on.",
    async (ctx) => {
      const [one, other] = [trackingOf(ctx.backend), trackingOf(await ctx.peer())];
      assert.equal(await other.find("m", ctx.call), undefined, "nobody has begun it");
      const { record } = await one.begin(start(message("m"), { filter: null }), ctx.call);
      await begin(ctx, message("n"));
      assert.deepEqual(await other.find("m", ctx.call), record);
      for (const at of [one, other]) {
        await at.complete("m", ctx.call);
        await at.complete("unknown", ctx.call);
        assert.deepEqual(await one.find("m", ctx.call), { ...record, state: "complete" });
      }
      assert.equal((await one.find("n", ctx.call))?.state, "open", "the other one");
      assert.equal(await one.find("unknown", ctx.call), undefined);
    },
  ),
  trackingCase(
    "from-pending-to-its-end",
    "A delivery is pending until it has been acknowledged or has died, and at every moment the counts are those of all deliveries.",
    async (ctx) => {
      const peer = await ctx.peer();
      await attach(ctx, ["a", "b"]);
      await begin(ctx, message("m"), { at: peer });
      await begin(ctx, message("other"));
      assert.deepEqual(await trackingOf(ctx.backend).counts("m", ctx.call), ZEROS);
      await enqueue(ctx, message("m"), ["a", "b", "c"], { at: peer });
      await enqueue(ctx, message("m"), ["c", "a"]);
      await expectTracked(ctx, "m", { a: "pending", b: "pending", c: "pending" });
      const [first, second] = await take(ctx, 2);
      assert.ok(first !== undefined && second !== undefined);
      await expectTracked(ctx, "m", { a: "pending", b: "pending", c: "pending" }, peer);
      await ack(ctx, [first]);
      await settle(ctx, [{ receipt: second.receipt, as: "dead", code: "REJECTED", reason: "not mine" }]);
      const expected = {
        a: "pending",
        b: "pending",
        c: "pending",
        [first.identity]: "delivered",
        [second.identity]: "failed",
      } as const;
      for (const at of [peer, ctx.backend]) await expectTracked(ctx, "m", expected, at);
      assert.deepEqual(await trackingOf(ctx.backend).counts("other", ctx.call), ZEROS);
      const [failed] = await deliveriesOf(ctx, "m", { statuses: ["failed"] });
      assert.deepEqual([failed?.code, failed?.reason, failed?.attempts], ["REJECTED", "not mine", 1]);
      const [delivered] = await deliveriesOf(ctx, "m", { statuses: ["delivered"] });
      assert.deepEqual([delivered?.code, delivered?.reason], [undefined, undefined]);
    },
  ),
  trackingCase(
    "counts-attempts",
    "Attempts that count are told, and those that were released are not.",
    async (ctx) => {
      await attach(ctx, ["a"]);
      await begin(ctx, message("m"));
      await enqueue(ctx, message("m"), ["a"]);
      assert.equal((await deliveriesOf(ctx, "m"))[0]?.attempts, 0);
      for (const as of ["retry", "release", "retry"] as const)
        await settle(ctx, [{ receipt: (await takeOne(ctx)).receipt, as }]);
      await ctx.eventually(async () => assert.equal((await deliveriesOf(ctx, "m"))[0]?.attempts, 2));
      await expectHanded(ctx, [pair("m", "a")]);
      await ctx.eventually(async () => assert.equal((await deliveriesOf(ctx, "m"))[0]?.attempts, 3));
    },
  ),
  trackingCase(
    "pages-in-order",
    "Deliveries come in pages of at most pageSize, in the order of the bytes of identity, each once, from behind after.",
    async (ctx) => {
      const identities = [...numbered("a", 7), "B", "\u00e9", "\uffee", "\u{1f600}", "a-", "a-0.b", "z"];
      const inOrder = identities.toSorted(compareStrings);
      await begin(ctx, message("m"));
      await begin(ctx, message("n"));
      for (const identity of identities) await enqueue(ctx, message("m"), [identity]);
      await enqueue(ctx, message("n"), ["a-3", "q"]);
      await ctx.eventually(async () => {
        for (const pageSize of [1, 3, 100]) {
          const all: string[] = [];
          for await (const page of trackingOf(ctx.backend).deliveries("m", { pageSize }, ctx.call)) {
            assert.ok(page.length <= pageSize, `${page.length} on a page of ${pageSize}`);
            all.push(...page.map(({ identity }) => identity));
          }
          assert.deepEqual(all, inOrder);
        }
        for (const after of [inOrder[4] ?? "", "a-", "a-2x", "\u{10ffff}"]) {
          const rest = await deliveriesOf(ctx, "m", { after, pageSize: 2 });
          assert.deepEqual(
            rest.map(({ identity }) => identity),
            inOrder.filter((one) => compareStrings(one, after) > 0),
          );
        }
      });
    },
  ),
  trackingCase(
    "pages-by-status",
    "Only deliveries with one of the statuses asked for are given, over all pages.",
    async (ctx) => {
      const identities = numbered("a", 9);
      await attach(ctx, identities.slice(0, 6));
      await begin(ctx, message("m"));
      await enqueue(ctx, message("m"), identities);
      const held = await take(ctx, 6);
      const isAcked = (identity: string): boolean => Number(identity.at(-1)) % 2 === 0;
      await settle(
        ctx,
        held.map(({ receipt, identity }) =>
          isAcked(identity)
            ? { receipt, as: "ack" }
            : { receipt, as: "dead", code: "DEAD_LETTERED", reason: "too often" },
        ),
      );
      const [served, waiting] = [identities.slice(0, 6), identities.slice(6)];
      const expected = new Map([
        ["delivered", served.filter(isAcked)],
        ["failed", served.filter((one) => !isAcked(one))],
        ["pending", waiting],
      ] as const);
      await ctx.eventually(async () => {
        for (const [status, those] of expected) {
          const found = await deliveriesOf(ctx, "m", { statuses: [status], pageSize: 2 });
          assert.deepEqual(
            found.map(({ identity }) => identity),
            those,
          );
          assert.ok(found.every((one) => one.status === status));
        }
        const ended = await deliveriesOf(ctx, "m", { statuses: ["delivered", "failed"], pageSize: 4 });
        assert.deepEqual(
          ended.map(({ identity }) => identity),
          served,
        );
        const behind = await deliveriesOf(ctx, "m", { statuses: ["failed"], after: "a-2", pageSize: 1 });
        assert.deepEqual(
          behind.map(({ identity }) => identity),
          ["a-3", "a-5"],
        );
      });
    },
  ),
  trackingCase(
    "of-the-unknown",
    "Of a multicast that nobody has begun there are no deliveries, and counts are zero.",
    async (ctx) => {
      await begin(ctx, message("m"));
      await enqueue(ctx, message("m"), ["a"]);
      assert.deepEqual(await trackingOf(ctx.backend).counts("unknown", ctx.call), ZEROS);
      assert.deepEqual(await deliveriesOf(ctx, "unknown"), []);
    },
  ),
];

/** Identities, message ids, sessions and namespaces are text, compared byte by byte and never interpreted. */

import assert from "node:assert/strict";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { alikeNamespaces } from "../support.ts";
import { begin, hasTracking, lettersOf, trackingOf } from "./facets.ts";
import {
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  message,
  pair,
  pairsOf,
  SESSION,
  settle,
  takeOne,
  refusalOf,
} from "./support.ts";

/** Names that mean something to somebody; as identities they mean nothing. */
export const HOSTILE: readonly string[] = [
  "*",
  "a*",
  "a?",
  "a%",
  "a_",
  "ab",
  "a",
  "A",
  "a.b",
  "a.>",
  "a.*",
  "#",
  "[a-z]",
  "{a}",
  "{}",
  "a:b",
  "a/b",
  "../a",
  "a|b",
  "^a$",
  "a ",
  " a",
  "a\u00a0",
  "'; drop table x; --",
  '"',
  "\\",
  "\\u0041",
  "$1",
  "${a}",
  "%s",
  "null",
  "undefined",
  "0",
  "00",
  "-1",
  "1e3",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "cafe\u0301",
  "caf\u00e9",
  "\u{1f600}",
  "\ufb01",
  "fi",
  "\u0130",
  "\u202e",
  "$session",
  "q",
  "q.a",
  "x".repeat(255),
  `${"x".repeat(255)}y`,
  "\u{1f600}".repeat(64),
];

async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (const one of all) await work(one);
}

/** Enqueued for each of them alone, or under each of them alone, all of it comes, and nothing twice. */
async function keptApart(
  ctx: DurabilityContext,
  pairs: readonly (readonly [id: string, identity: string])[],
): Promise<void> {
  const identities = [...new Set(pairs.map(([, identity]) => identity))];
  await each(identities, async (identity) => attach(ctx, [identity]));
  await each(pairs, async ([id, identity]) => enqueue(ctx, message(id), [identity]));
  const handed = await expectHanded(
    ctx,
    pairs.map(([id, identity]) => pair(id, identity)),
  );
  for (const { id, text } of handed) assert.equal(text, `text of ${id}`, "each has its own payload");
}

export const nameCases: readonly DurabilityCase[] = [
  {
    id: "durability/names/identities",
    rule: "Identities of every shape are kept apart: none is a pattern, a path, a key or a number.",
    slot: "durability",
    run: async (ctx) =>
      keptApart(
        ctx,
        HOSTILE.map((identity, index) => [`m${index}`, identity]),
      ),
  },
  {
    id: "durability/names/message-ids",
    rule: "Message ids of every shape, up to 128 characters, are kept apart.",
    slot: "durability",
    async run(ctx) {
      const ids = HOSTILE.filter((id) => id.length < 128);
      const all = [...ids, "x".repeat(128), `${"x".repeat(127)}y`];
      await keptApart(
        ctx,
        all.map((id) => [id, "a"]),
      );
      await expectNothing(ctx);
    },
  },
  {
    id: "durability/names/glued-together",
    rule: "Message id and identity are no other pair that reads the same when they are put together.",
    slot: "durability",
    async run(ctx) {
      const glue = ["", ".", ":", "/", "|", "-", " ", "_", ",", "~"];
      const pairs = glue.flatMap((by): readonly (readonly [string, string])[] => [
        [`a${by}b`, "c"],
        ["a", `b${by}c`],
      ]);
      await keptApart(ctx, [...pairs, ["a", "c"], ["b", "c"]]);
    },
  },
  {
    id: "durability/names/sessions",
    rule: "Sessions of every shape are kept apart.",
    slot: "durability",
    async run(ctx) {
      const sessions = HOSTILE.filter((session) => session.length <= 64);
      await each([...sessions.entries()], async ([index, session]) => attach(ctx, [`a${index}`], { session }));
      await each([...sessions.keys()], async (index) => enqueue(ctx, message(`m${index}`), [`a${index}`]));
      await each([...sessions.entries()], async ([index, session]) => {
        const handed = await takeOne(ctx, { session });
        assert.deepEqual(pairsOf([handed]), [pair(`m${index}`, `a${index}`)], session);
        assert.deepEqual(pairsOf(await dequeue(ctx, { session })), [], session);
      });
    },
  },
  {
    id: "durability/namespaces/queues-are-apart",
    rule: "One identity, one session and one message id stand in two namespaces at once, and each has its own queue, however alike their names are.",
    slot: "durability",
    async run(ctx) {
      const names = alikeNamespaces(ctx.namespace);
      const all = await Promise.all(names.map(async (namespace) => ctx.peer({ namespace })));
      for (const at of all) await attach(ctx, ["a"], { at });
      await expectNothing(ctx);
      for (const [index, at] of all.entries()) {
        const payload = Buffer.from(names[index] ?? "");
        await enqueue(ctx, message("m", { payload }), ["a"], { at });
      }
      await expectNothing(ctx);
      for (const [index, at] of all.entries()) {
        const [handed] = await expectHanded(ctx, [pair("m", "a")], { at });
        assert.equal(handed?.text, names[index]);
      }
    },
  },
  {
    id: "durability/namespaces/receipts-settle-their-own",
    rule: "A receipt of one namespace settles nothing in another, and dropping, detaching or attaching in one changes nothing in the other.",
    slot: "durability",
    async run(ctx) {
      const other = await ctx.peer({ namespace: `${ctx.namespace}-b` });
      for (const at of [ctx.backend, other]) {
        await attach(ctx, ["a", "b"], { at });
        await enqueue(ctx, message("m"), ["a", "b"], { at });
      }
      const held = await takeOne(ctx, { max: 1 });
      assert.equal(await refusalOf(ctx, { receipt: held.receipt, as: "ack" }, other), "FENCED");
      await other.dropMany(
        ["a", "b"].map((identity) => ({ identity, epoch: 1 })),
        { code: "UNREGISTERED", reason: "gone" },
        ctx.call,
      );
      await other.detachMany(SESSION, ["a", "b"], ctx.call);
      await settle(ctx, [{ receipt: held.receipt, as: "release" }]);
      await expectNothing(ctx, { at: other });
      await expectHanded(ctx, [pair("m", "a"), pair("m", "b")]);
    },
  },
  {
    id: "durability/namespaces/records-are-apart",
    rule: "Multicasts, idempotency keys and dead letters of one namespace are seen in no other.",
    slot: "durability",
    applies: hasTracking,
    async run(ctx) {
      const other = await ctx.peer({ namespace: `${ctx.namespace}-b` });
      await begin(ctx, message("m"), { idempotencyKey: "key" });
      assert.equal(await trackingOf(other).find("m", ctx.call), undefined);
      await begin(ctx, message("m"), { idempotencyKey: "key", at: other });
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await settle(ctx, [{ receipt: (await takeOne(ctx)).receipt, as: "dead", code: "REJECTED", reason: "no" }]);
      assert.deepEqual(await trackingOf(other).counts("m", ctx.call), { pending: 0, delivered: 0, failed: 0 });
      if (other.deadLetters) assert.deepEqual(await lettersOf(ctx, {}, other), []);
    },
  },
];

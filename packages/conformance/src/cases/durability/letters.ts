/** Dead letters: read by anyone, tried again as if for the first time, or thrown away. */

import assert from "node:assert/strict";
import { compareStrings } from "@muster/filter";
import type { DeadLetter, DeadLetterKey, DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { codesOf } from "../messaging/support.ts";
import { LONG_MS } from "../support.ts";
import { begin, deadLettersOf, expectTracked, freshKey, hasDeadLetters, lettersOf, probeOf } from "./facets.ts";
import {
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  longTtl,
  message,
  OTHER_SESSION,
  pair,
  SESSION,
  settle,
  take,
  takeOne,
} from "./support.ts";
import { drop } from "./drops.ts";
import { handle } from "./transactions.ts";

const DEAD = { as: "dead", code: "REJECTED", reason: "no" } as const;

function letterCase(
  name: string,
  rule: string,
  run: DurabilityCase["run"],
  applies: (backend: DurabilityBackend) => boolean = () => true,
): DurabilityCase {
  const gate = (backend: DurabilityBackend): boolean => hasDeadLetters(backend) && applies(backend);
  return { id: `durability/dead-letters/${name}`, rule, slot: "durability", applies: gate, run };
}

/** Enqueues it for each of them, and lets it die. */
export async function bury(
  ctx: DurabilityContext,
  id: string,
  identities: readonly string[],
  session: string = SESSION,
): Promise<void> {
  await attach(ctx, identities, { session });
  await enqueue(ctx, message(id), identities);
  const held = await take(ctx, identities.length, { session });
  await settle(
    ctx,
    held.map(({ receipt }) => ({ receipt, ...DEAD })),
  );
}

async function redrive(
  ctx: DurabilityContext,
  keys: readonly DeadLetterKey[],
  at: DurabilityBackend = ctx.backend,
): Promise<readonly (readonly [number, string])[]> {
  return codesOf(await deadLettersOf(at).redriveMany(keys, { ttlMs: longTtl(ctx) }, ctx.call));
}

function keysOf(letters: readonly DeadLetter[]): readonly string[] {
  return letters.map(({ messageId, identity }) => pair(messageId, identity));
}

export const letterCases: readonly DurabilityCase[] = [
  letterCase(
    "tell-what-it-was",
    "A dead letter tells its message, whom it was for, why it died and how often it was tried.",
    async (ctx) => {
      const given = message("m", {
        contentType: "application/json",
        sentAt: 12_345,
        payload: Uint8Array.of(0, 1, 255),
      });
      await attach(ctx, ["a"]);
      await enqueue(ctx, given, ["a"]);
      await settle(ctx, [{ receipt: (await takeOne(ctx)).receipt, as: "retry" }]);
      const { receipt } = await takeOne(ctx);
      await settle(ctx, [{ receipt, as: "dead", code: "DEAD_LETTERED", reason: "tried 2 times: grüße \u{1f600}" }]);
      const [letter, ...others] = await lettersOf(ctx, {}, await ctx.peer());
      assert.ok(letter !== undefined && others.length === 0, "one dead letter");
      const { diedAt, payload, ...rest } = letter;
      assert.ok(Number.isSafeInteger(diedAt) && diedAt > 0, `diedAt: ${diedAt}`);
      assert.deepEqual([...payload], [0, 1, 255]);
      assert.deepEqual(rest, {
        messageId: "m",
        identity: "a",
        code: "DEAD_LETTERED",
        reason: "tried 2 times: grüße \u{1f600}",
        attempts: 2,
        contentType: "application/json",
        sentAt: 12_345,
      });
    },
  ),
  letterCase("only-the-dead", "What waits, is leased, or has been acknowledged is no dead letter.", async (ctx) => {
    await attach(ctx, ["a", "b"]);
    await enqueue(ctx, message("m"), ["a", "b", "c"]);
    await settle(ctx, [{ receipt: (await takeOne(ctx, { max: 1 })).receipt, as: "ack" }]);
    await takeOne(ctx);
    assert.deepEqual(keysOf(await lettersOf(ctx)), []);
  }),
  letterCase(
    "pages-in-order",
    "Dead letters come in pages of at most pageSize, in the order of the bytes of identity and then of message id, each once, from behind after.",
    async (ctx) => {
      const [identities, ids] = [
        ["a", "a-", "B", "\uffee", "\u{1f600}", "a.b"],
        ["m2", "m", "M"],
      ];
      for (const id of ids) await bury(ctx, id, identities);
      const inOrder = identities
        .toSorted(compareStrings)
        .flatMap((identity) => ids.toSorted(compareStrings).map((messageId) => ({ messageId, identity })));
      const expected = inOrder.map(({ messageId, identity }) => pair(messageId, identity));
      for (const pageSize of [1, 4, 100]) {
        const all: DeadLetter[] = [];
        for await (const page of deadLettersOf(ctx.backend).list({ pageSize }, ctx.call)) {
          assert.ok(page.length <= pageSize, `${page.length} on a page of ${pageSize}`);
          all.push(...page);
        }
        assert.deepEqual(keysOf(all), expected);
      }
      for (const index of [0, 4, 5, inOrder.length - 1]) {
        const after = inOrder[index];
        if (after) assert.deepEqual(keysOf(await lettersOf(ctx, { after, pageSize: 4 })), expected.slice(index + 1));
      }
    },
  ),
  letterCase("of-one-identity", "Asked for one identity, only its dead letters are given.", async (ctx) => {
    for (const id of ["1", "2", "3"]) await bury(ctx, id, ["a", "a.", "b"]);
    assert.deepEqual(
      keysOf(await lettersOf(ctx, { identity: "a", pageSize: 2 })),
      ["1", "2", "3"].map((id) => pair(id, "a")),
    );
    const after = { messageId: "1", identity: "a." };
    assert.deepEqual(keysOf(await lettersOf(ctx, { identity: "a.", after })), [pair("2", "a."), pair("3", "a.")]);
    assert.deepEqual(keysOf(await lettersOf(ctx, { identity: "nobody" })), []);
  }),
  letterCase(
    "redriven-as-never-tried",
    "What is redriven is handed out under its old id, with its payload, as a first attempt, and is a dead letter no more.",
    async (ctx) => {
      await bury(ctx, "m", ["a", "b"]);
      assert.deepEqual(await redrive(ctx, [{ messageId: "m", identity: "a" }], await ctx.peer()), []);
      assert.deepEqual(keysOf(await lettersOf(ctx)), [pair("m", "b")]);
      const one = await takeOne(ctx);
      assert.deepEqual([one.id, one.identity, one.text, one.attempt], ["m", "a", "text of m", 1]);
      await settle(ctx, [{ receipt: one.receipt, as: "ack" }]);
      await expectNothing(ctx);
    },
  ),
  letterCase(
    "redriven-to-the-next-life",
    "What is redriven goes to whoever its identity is now, also when its own epoch has been dropped.",
    async (ctx) => {
      await enqueue(ctx, message("m"), ["a", "b"]);
      await drop(ctx, ["a", "b"]);
      await attach(ctx, ["a"], { epoch: 2, session: OTHER_SESSION });
      assert.deepEqual(
        await redrive(
          ctx,
          ["a", "b"].map((identity) => ({ messageId: "m", identity })),
        ),
        [],
      );
      await attach(ctx, ["b"], { epoch: 2, session: OTHER_SESSION });
      const handed = await expectHanded(ctx, [pair("m", "a"), pair("m", "b")], { session: OTHER_SESSION });
      assert.deepEqual(
        handed.map(({ epoch, attempt }) => [epoch, attempt]),
        [
          [2, 1],
          [2, 1],
        ],
      );
    },
  ),
  letterCase("redriven-for-its-ttl", "What is redriven lives for the ttlMs that it is given then.", async (ctx) => {
    await bury(ctx, "short", ["a"]);
    await bury(ctx, "long", ["a"]);
    await enqueue(ctx, message("other"), ["b"]);
    await drop(ctx, ["a"]);
    const letters = deadLettersOf(ctx.backend);
    await letters.redriveMany([{ messageId: "short", identity: "a" }], { ttlMs: 30 }, ctx.call);
    await letters.redriveMany([{ messageId: "long", identity: "a" }], { ttlMs: longTtl(ctx) }, ctx.call);
    await attach(ctx, ["a"], { epoch: 2 });
    await ctx.eventually(async () => {
      const held = await dequeue(ctx);
      await settle(
        ctx,
        held.map(({ receipt }) => ({ receipt, as: "release" })),
      );
      assert.deepEqual(
        held.map(({ id }) => id),
        ["long"],
      );
    });
  }),
  letterCase(
    "redriven-is-pending",
    "What is redriven reads as pending again, and as delivered once it has been acknowledged.",
    async (ctx) => {
      await begin(ctx, message("m"));
      await bury(ctx, "m", ["a", "b"]);
      await expectTracked(ctx, "m", { a: "failed", b: "failed" });
      await redrive(ctx, [{ messageId: "m", identity: "a" }]);
      await expectTracked(ctx, "m", { a: "pending", b: "failed" });
      await expectHanded(ctx, [pair("m", "a")]);
      await expectTracked(ctx, "m", { a: "delivered", b: "failed" });
    },
    ({ tracking }) => tracking !== undefined,
  ),
  letterCase(
    "redriven-is-handled-once",
    "What had died before it was handled is handled when it is redriven, and a duplicate after that.",
    async (ctx) => {
      const key = freshKey();
      await bury(ctx, "m", ["a"]);
      await redrive(ctx, [{ messageId: "m", identity: "a" }]);
      const one = await takeOne(ctx);
      assert.equal(await handle(ctx, one, key), "handled");
      assert.equal(await handle(ctx, one, key), "duplicate");
      assert.equal(await probeOf(ctx).read(key), 1, "writes that stand");
    },
    ({ transactions }) => transactions !== undefined,
  ),
  letterCase(
    "redrive-what-is-none",
    "Redriving or purging what is no dead letter fails with NOT_FOUND at its own index, and the others are done.",
    async (ctx) => {
      await bury(ctx, "m", ["a", "b", "c"]);
      await enqueue(ctx, message("n"), ["a"]);
      const keys = [
        ["m", "b"],
        ["n", "a"],
        ["m", "nobody"],
        ["unknown", "a"],
        ["m", "a"],
      ] as const;
      const named = keys.map(([messageId, identity]) => ({ messageId, identity }));
      const none = [
        [1, "NOT_FOUND"],
        [2, "NOT_FOUND"],
        [3, "NOT_FOUND"],
      ];
      assert.deepEqual(await redrive(ctx, named), none);
      assert.deepEqual(await redrive(ctx, named), [[0, "NOT_FOUND"], ...none, [4, "NOT_FOUND"]], "a second time");
      await expectHanded(ctx, [pair("m", "a"), pair("m", "b"), pair("n", "a")]);
      const purging = [named[1], { messageId: "m", identity: "c" }].flatMap((key) => key ?? []);
      assert.deepEqual(codesOf(await deadLettersOf(ctx.backend).purgeMany(purging, ctx.call)), [[0, "NOT_FOUND"]]);
    },
  ),
  letterCase(
    "purged-is-gone",
    "What is purged is listed, redriven and handed out no more, and enqueueing it again does nothing.",
    async (ctx) => {
      await bury(ctx, "m", ["a", "b"]);
      const key = { messageId: "m", identity: "a" };
      assert.deepEqual(codesOf(await deadLettersOf(await ctx.peer()).purgeMany([key], ctx.call)), []);
      assert.deepEqual(keysOf(await lettersOf(ctx)), [pair("m", "b")]);
      assert.deepEqual(await redrive(ctx, [key]), [[0, "NOT_FOUND"]]);
      await enqueue(ctx, message("m"), ["a"]);
      await expectNothing(ctx);
    },
    ({ traits }) => traits.dedupWindowMs >= 30_000,
  ),
  letterCase(
    "redrive-into-a-full-queue",
    "Redriving into a queue that is full fails with QUEUE_FULL, and the letter stays.",
    async (ctx) => {
      const durability = { maxQueued: 1, trackingRetentionMs: LONG_MS, deadLetterRetentionMs: LONG_MS };
      const at = await ctx.peer({ durability });
      await bury(ctx, "m", ["a"]);
      await enqueue(ctx, message("n"), ["a"], { at });
      const keys = [{ messageId: "m", identity: "a" }];
      assert.deepEqual(await redrive(ctx, keys, at), [[0, "QUEUE_FULL"]]);
      assert.deepEqual(keysOf(await lettersOf(ctx)), [pair("m", "a")]);
      await expectHanded(ctx, [pair("n", "a")]);
      assert.deepEqual(await redrive(ctx, keys, at), []);
      await expectHanded(ctx, [pair("m", "a")]);
    },
    ({ traits }) => traits.queueQuota,
  ),
];

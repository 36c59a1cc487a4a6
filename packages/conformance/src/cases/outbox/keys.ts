/** One multicast under one idempotency key, whoever commits first. */

import assert from "node:assert/strict";
import type { Recorded } from "@muster/core/slots";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import type { OwnTransaction } from "../../subject.ts";
import { pair } from "../durability/support.ts";
import { within } from "../lifecycle/outcome.ts";
import { refused } from "../messaging/support.ts";
import { numbered } from "../support.ts";
import { begin, expectWaiting, inVain, pagesOf, record, send, startOf, targetsOf } from "./support.ts";

const KEY = { idempotencyKey: "key" };

function keyCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/key/${name}`, rule, slot: "outbox", run };
}

/** A second one under the key, while the first has not ended: it is on its way, and has had time to come back too early. */
async function second(ctx: OutboxContext): Promise<{
  readonly own: OwnTransaction;
  readonly recording: Promise<Recorded>;
  readonly isAnswered: () => boolean;
}> {
  const own = await begin(ctx);
  let isAnswered = false;
  const recording = record(ctx, own, "second", ["b"], { ...KEY, at: await ctx.peer() }).finally(() => {
    isAnswered = true;
  });
  recording.catch(() => {}); // It is looked at when the first has ended.
  for (const id of numbered("meanwhile", 5)) await send(ctx, id, []);
  return { own, recording, isAnswered: () => isAnswered };
}

export const keyCases: readonly OutboxCase[] = [
  keyCase(
    "one-per-key",
    "Under one idempotency key one multicast is recorded; whoever comes later is given its record, also with another digest.",
    async (ctx) => {
      const first = await send(ctx, "first", ["a", "b"], KEY);
      for (const digest of [first.record.digest, "another"]) {
        const again = await send(ctx, `again with ${digest}`, ["c"], { ...KEY, digest, at: await ctx.peer() });
        assert.deepEqual(again, { ...first, isNew: false });
        assert.equal(await ctx.backend.find(`again with ${digest}`, ctx.call), undefined);
      }
      assert.equal((await send(ctx, "other", ["c"], { idempotencyKey: "other key" })).isNew, true);
      assert.equal((await send(ctx, "none", ["c"])).isNew, true);
      await expectWaiting(ctx, [pair("first", "a"), pair("first", "b"), pair("other", "c"), pair("none", "c")]);
    },
  ),
  keyCase(
    "twice-in-one-transaction",
    "The same key again in the same transaction adds nothing, and gives the record that is to stand.",
    async (ctx) => {
      const own = await begin(ctx);
      const first = await record(ctx, own, "first", ["a"], KEY);
      assert.deepEqual(await record(ctx, own, "again", ["b"], KEY), { ...first, isNew: false });
      await own.commit();
      await expectWaiting(ctx, [pair("first", "a")]);
    },
  ),
  keyCase(
    "waits-for-the-commit",
    "Whoever comes second while the first has not committed waits for that, and is given its record.",
    async (ctx) => {
      const own = await begin(ctx);
      const first = await record(ctx, own, "first", ["a"], KEY);
      const { own: other, recording, isAnswered } = await second(ctx);
      assert.equal(isAnswered(), false, "it waits");
      await own.commit();
      assert.deepEqual(await recording, { ...first, isNew: false });
      await other.commit();
      await expectWaiting(ctx, [pair("first", "a")]);
    },
  ),
  keyCase(
    "rolled-back-frees-it",
    "A key that was rolled back is free: for whoever has waited, and for whoever comes later.",
    async (ctx) => {
      const own = await begin(ctx);
      await record(ctx, own, "first", ["a"], KEY);
      const { own: other, recording } = await second(ctx);
      await own.rollback();
      assert.equal((await recording).isNew, true, "for who has waited");
      await other.rollback();
      assert.equal((await send(ctx, "third", ["c"], KEY)).isNew, true, "for who comes later");
      await expectWaiting(ctx, [pair("third", "c")]);
    },
  ),
  keyCase("given-up-waiting", "Who waits for a key can give up, and the transaction goes on.", async (ctx) =>
    inVain(ctx, async (first) => {
      await record(ctx, first, "first", ["a"], KEY);
      const own = await begin(ctx);
      const caller = new AbortController();
      const recording = ctx.backend.record(own.transaction, startOf(ctx, "second", KEY), pagesOf(targetsOf(["b"])), {
        signal: caller.signal,
      });
      recording.catch(() => {}); // It is looked at when it has been given up.
      await send(ctx, "meanwhile", []);
      caller.abort();
      await refused(within(ctx.subject.patienceMs, "record", recording), "ABORTED");
      await record(ctx, own, "after", ["c"]);
      await own.commit();
      await expectWaiting(ctx, [pair("after", "c")]);
    }),
  ),
  keyCase(
    "races-record-once",
    "Of several that record and commit at once under one key, exactly one is recorded.",
    async (ctx) => {
      const clients = [ctx.backend, await ctx.peer(), await ctx.peer()];
      const won: string[] = [];
      for (const round of numbered("round", 4)) {
        const answers = await Promise.all(
          clients.map(async (at, index) => send(ctx, `${round}-${index}`, ["a"], { idempotencyKey: round, at })),
        );
        assert.equal(answers.filter(({ isNew }) => isNew).length, 1, "new ones");
        for (const { record: one } of answers) assert.deepEqual(one, answers[0]?.record);
        won.push(answers[0]?.record.message.id ?? "");
      }
      await expectWaiting(
        ctx,
        won.map((id) => pair(id, "a")),
      );
    },
  ),
];

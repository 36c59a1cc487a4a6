/** A handler's own writes, which stand exactly when its acknowledgement does. */

import assert from "node:assert/strict";
import { type DurabilityBackend, isMusterError } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { refused } from "../messaging/support.ts";
import { freshKey, hasTransactions, probeOf, transactionsOf } from "./facets.ts";
import {
  ack,
  attach,
  dequeue,
  enqueue,
  expectHanded,
  expectNothing,
  type Handed,
  message,
  OTHER_SESSION,
  pair,
  pairsOf,
  settle,
  shortLease,
  take,
  takeOne,
} from "./support.ts";

function transactionCase(
  name: string,
  rule: string,
  run: DurabilityCase["run"],
  applies: (backend: DurabilityBackend) => boolean = hasTransactions,
): DurabilityCase {
  return { id: `durability/transaction/${name}`, rule, slot: "durability", applies, run };
}

/** Handles it by writing the key once. */
export async function handle(
  ctx: DurabilityContext,
  { id, identity, receipt }: Pick<Handed, "id" | "identity" | "receipt">,
  key: string,
  at: DurabilityBackend = ctx.backend,
): Promise<"handled" | "duplicate"> {
  const delivery = { messageId: id, identity, receipt };
  return transactionsOf(at).handleOnce(delivery, async (transaction) => probeOf(ctx).write(transaction, key), ctx.call);
}

async function expectWritten(ctx: DurabilityContext, key: string, times: number): Promise<void> {
  assert.equal(await probeOf(ctx).read(key), times, "writes that stand");
}

export async function enqueueOnce(ctx: DurabilityContext, id: string, identities: readonly string[]): Promise<void> {
  await enqueue(ctx, message(id, { guarantee: "exactly-once" }), identities);
}

export const transactionCases: readonly DurabilityCase[] = [
  transactionCase(
    "commits-with-the-ack",
    "What a handler writes stands when handleOnce has resolved, and its delivery has been acknowledged.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const one = await takeOne(ctx, { leaseMs: shortLease(ctx) * 10 });
      assert.equal(await handle(ctx, one, key), "handled");
      await expectWritten(ctx, key, 1);
      await expectNothing(ctx);
      await attach(ctx, ["a"], { epoch: 2 });
      await expectNothing(ctx);
    },
  ),
  transactionCase(
    "nothing-before-the-end",
    "Before its work has ended nothing that a handler has written is seen.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const { id, identity, receipt } = await takeOne(ctx);
      let seen: number | undefined;
      const work = async (transaction: unknown): Promise<void> => {
        await probeOf(ctx).write(transaction, key);
        seen = await probeOf(ctx).read(key);
      };
      await transactionsOf(ctx.backend).handleOnce({ messageId: id, identity, receipt }, work, ctx.call);
      assert.equal(seen, 0, "writes that were seen");
      await expectWritten(ctx, key, 1);
    },
  ),
  transactionCase(
    "throwing-leaves-nothing",
    "When its work throws, that is what handleOnce throws, nothing of it stands, and the lease goes on.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const one = await takeOne(ctx);
      const boom = new Error("the handler has failed");
      const failing = transactionsOf(ctx.backend).handleOnce(
        { messageId: one.id, identity: one.identity, receipt: one.receipt },
        async (transaction) => {
          await probeOf(ctx).write(transaction, key);
          throw boom;
        },
        ctx.call,
      );
      assert.equal(await failing.catch((error: unknown) => error), boom);
      await expectWritten(ctx, key, 0);
      assert.deepEqual(pairsOf(await dequeue(ctx)), [], "it is leased");
      assert.equal(await handle(ctx, one, key), "handled");
      await expectWritten(ctx, key, 1);
      await expectNothing(ctx);
    },
  ),
  transactionCase(
    "thrown-and-retried",
    "What was thrown away with a failed attempt is written by the next one, once.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const { receipt, identity } = await takeOne(ctx);
      const failing = transactionsOf(ctx.backend).handleOnce(
        { messageId: "m", identity, receipt },
        async () => {
          throw new Error("the handler has failed");
        },
        ctx.call,
      );
      await assert.rejects(failing);
      await settle(ctx, [{ receipt, as: "retry" }]);
      const again = await takeOne(ctx);
      assert.equal(again.attempt, 2);
      assert.equal(await handle(ctx, again, key, await ctx.peer()), "handled");
      await expectWritten(ctx, key, 1);
    },
  ),
  transactionCase(
    "asked-again-is-a-duplicate",
    "Handling a delivery again that has been handled is a duplicate, for whichever client, and its work does not run.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const one = await takeOne(ctx);
      assert.equal(await handle(ctx, one, key), "handled");
      let runs = 0;
      for (const at of [ctx.backend, await ctx.peer()]) {
        const delivery = { messageId: one.id, identity: one.identity, receipt: one.receipt };
        const again = transactionsOf(at).handleOnce(delivery, async () => void (runs += 1), ctx.call);
        assert.equal(await again, "duplicate");
      }
      assert.equal(runs, 0, "runs of the work");
      await expectWritten(ctx, key, 1);
    },
  ),
  transactionCase(
    "each-recipient-for-itself",
    "That one identity has handled a message says nothing of another, nor of another message.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a", "b"]);
      await enqueueOnce(ctx, "1", ["a", "b"]);
      for (const one of await take(ctx, 2)) assert.equal(await handle(ctx, one, key), "handled", one.identity);
      await enqueueOnce(ctx, "2", ["a"]);
      assert.equal(await handle(ctx, await takeOne(ctx), key), "handled", "another message");
      await expectWritten(ctx, key, 3);
    },
  ),
  transactionCase(
    "lost-lease-leaves-nothing",
    "When the lease is lost to a later attachment, handleOnce throws FENCED and nothing of its work stands.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const lost = await takeOne(ctx);
      await attach(ctx, ["a"], { epoch: 2, session: OTHER_SESSION });
      await refused(handle(ctx, lost, key), "FENCED");
      await expectWritten(ctx, key, 0);
      assert.equal(await handle(ctx, await takeOne(ctx, { session: OTHER_SESSION }), key), "handled");
      await expectWritten(ctx, key, 1);
    },
  ),
  transactionCase(
    "late-lease-leaves-nothing",
    "Where leases fence, handling under a lease that is over throws FENCED, and whoever has the next one handles it.",
    async (ctx) => {
      const key = freshKey();
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const late = await takeOne(ctx, { leaseMs: shortLease(ctx) });
      const next = await takeOne(ctx);
      await refused(handle(ctx, late, key), "FENCED");
      await expectWritten(ctx, key, 0);
      assert.equal(await handle(ctx, next, key), "handled");
      await expectWritten(ctx, key, 1);
    },
    (backend) => hasTransactions(backend) && backend.traits.fences === "lease" && backend.traits.lease === "message",
  ),
  transactionCase(
    "lost-meanwhile-is-all-or-nothing",
    "When a later attachment comes while the work runs, either the work stands or the next life has the delivery, and never both.",
    async (ctx) => {
      const [key, peer] = [freshKey(), await ctx.peer()];
      await attach(ctx, ["a"]);
      await enqueueOnce(ctx, "m", ["a"]);
      const { id, identity, receipt } = await takeOne(ctx);
      let attaching: Promise<void> | undefined;
      const work = async (transaction: unknown): Promise<void> => {
        attaching = attach(ctx, ["a"], { epoch: 2, session: OTHER_SESSION, at: peer }); // It may have to wait for the end of this.
        await probeOf(ctx).write(transaction, key);
      };
      const [end] = await Promise.allSettled([
        transactionsOf(ctx.backend).handleOnce({ messageId: id, identity, receipt }, work, ctx.call),
      ]);
      await attaching;
      const isHandled = end.status === "fulfilled";
      if (!isHandled) assert.ok(isMusterError(end.reason, "FENCED"), `FENCED instead of ${String(end.reason)}`);
      await expectWritten(ctx, key, isHandled ? 1 : 0);
      await expectHanded(ctx, isHandled ? [] : [pair("m", "a")], { session: OTHER_SESSION });
    },
  ),
  transactionCase(
    "at-once-is-once",
    "Of several that handle one delivery at once, the work of one stands.",
    async (ctx) => {
      const clients = [ctx.backend, await ctx.peer(), await ctx.peer()];
      await attach(ctx, ["a"]);
      for (const id of ["1", "2", "3"]) {
        const key = freshKey();
        await enqueueOnce(ctx, id, ["a"]);
        const one = await takeOne(ctx);
        const ends = await Promise.allSettled(clients.map(async (at) => handle(ctx, one, key, at)));
        const handled = ends.filter((end) => end.status === "fulfilled" && end.value === "handled");
        assert.equal(handled.length, 1, "handled");
        await expectWritten(ctx, key, 1);
      }
      await ack(ctx, []);
      await expectNothing(ctx);
    },
  ),
];

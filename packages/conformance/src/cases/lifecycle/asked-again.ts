/** Calls that are made again because the reply to the first was lost. */

import assert from "node:assert/strict";
import type { Call } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext, RegistryCase } from "../../case.ts";
import { expectTracked, freshKey, probeOf, start, trackingOf, transactionsOf } from "../durability/facets.ts";
import {
  ack,
  attach,
  expectHanded,
  expectNothing,
  longTtl,
  message,
  pair,
  refusalOf,
  SESSION,
  take,
} from "../durability/support.ts";
import { entry, expectStored, setOne, storedIn, storeOne } from "../support.ts";
import { during, expectNoAnswer } from "./faults.ts";

export const askedAgain: RegistryCase = {
  id: "registry/lifecycle/lost-reply-asked-again",
  rule: "When the reply to an update was lost, the same attempt again gives what was stored, once.",
  slot: "registry",
  applies: (_, { faults }) => faults?.dropReplies !== undefined,
  async run(ctx) {
    const { epoch } = await storeOne(ctx, entry("a", { metadata: { n: 1 } }));
    const update = entry("a", { metadata: { n: 2 }, mode: { epoch } });
    await during(ctx, "dropReplies", async () => {
      const error = await expectNoAnswer(ctx, "setMany", async (call) => ctx.backend.setMany([update], call));
      assert.equal(error.mayHaveApplied, true, "it may have been applied");
    });
    const again = storedIn(await ctx.eventually(async () => setOne(ctx, update)));
    assert.deepEqual([again.epoch, again.revision, again.metadata], [epoch, 2, { n: 2 }]);
    await expectStored(ctx, "a", again, await ctx.peer());
  },
};

/** Loses the reply, and repeats the call until it is answered. */
async function repeatedly<T>(ctx: DurabilityContext, name: string, run: (call: Call) => Promise<T>): Promise<T> {
  await during(ctx, "dropReplies", async () => expectNoAnswer(ctx, name, run));
  return ctx.eventually(async () => run(ctx.call));
}

export const repeated: DurabilityCase = {
  id: "durability/lifecycle/lost-replies-asked-again",
  rule: "When the reply was lost, enqueueing, settling, beginning and handling again is safe: each happens once.",
  slot: "durability",
  applies: (_, { faults }) => faults?.dropReplies !== undefined,
  async run(ctx) {
    const { backend } = ctx;
    const targets = ["a", "b"].map((identity) => ({ identity, epoch: 1, session: SESSION }));
    await attach(ctx, ["a", "b"]);
    const one = message("m");
    if (backend.tracking) {
      const { record } = await repeatedly(ctx, "begin", async (call) => trackingOf(backend).begin(start(one), call));
      assert.equal(record.digest, start(one).digest);
    }
    const enqueuing = async (call: Call): Promise<unknown> =>
      backend.enqueueMany(one, targets, { ttlMs: longTtl(ctx) }, call);
    const isKnown = backend.traits.dedupWindowMs > 0; // Else it would be there twice.
    assert.deepEqual(isKnown ? await repeatedly(ctx, "enqueueMany", enqueuing) : await enqueuing(ctx.call), []);
    const [first, second] = await take(ctx, 2);
    assert.ok(first !== undefined && second !== undefined);
    const acked = await repeatedly(ctx, "settleMany", async (call) =>
      backend.settleMany([{ receipt: first.receipt, as: "ack" }], call),
    );
    assert.deepEqual(acked, []);
    if (backend.transactions) {
      const key = freshKey();
      await repeatedly(ctx, "handleOnce", async (call) =>
        transactionsOf(backend).handleOnce(
          { messageId: second.id, identity: second.identity, receipt: second.receipt },
          async (transaction) => probeOf(ctx).write(transaction, key),
          call,
        ),
      );
      assert.equal(await probeOf(ctx).read(key), 1, "writes that stand");
    } else if (backend.traits.lease === "message") await ack(ctx, [second]);
    else {
      // Its lease has ended with the line, or is its process' own and has not.
      const refused = await ctx.eventually(async () => refusalOf(ctx, { receipt: second.receipt, as: "ack" }));
      if (refused !== undefined) await expectHanded(ctx, [pair(second.id, second.identity)]);
    }
    await expectNothing(ctx);
    if (backend.tracking) await expectTracked(ctx, "m", { a: "delivered", b: "delivered" });
  },
};

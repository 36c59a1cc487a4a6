/** A process that stands still until it has been given up, and goes on behind those who took over. */

import assert from "node:assert/strict";
import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import {
  attach,
  enqueue,
  expectHanded,
  handedIn,
  longLease,
  message,
  OTHER_SESSION,
  pair,
  pairsOf,
  SESSION,
  shortLease,
  takeOne,
} from "../durability/support.ts";
import { canDie, startMortal } from "./support.ts";

const SERVED = ["a", "b"];
const WAIT_MS = 1_000;

/** What it hands out of whom the other one serves now, within a wait; who has been told that it was given up hands out nothing. */
async function handedOut(ctx: DurabilityContext, client: DurabilityBackend): Promise<readonly string[]> {
  const options = { max: 10, maxPerIdentity: 10, waitMs: WAIT_MS, leaseMs: longLease(ctx) };
  const leased = await client.dequeue(SESSION, options, ctx.call).catch(() => []);
  return pairsOf(handedIn(leased));
}

export const standstillCases: readonly DurabilityCase[] = [
  {
    id: "durability/crash/frozen-and-succeeded",
    rule: "A process that stood still while somebody took over hands out and settles nothing of his when it goes on.",
    slot: "durability",
    applies: (backend, subject) => canDie("durability")(backend, subject) && subject.mortal?.().freeze !== undefined,
    async run(ctx) {
      const former = await startMortal(ctx, ({ durability }) => durability);
      try {
        await attach(ctx, SERVED, { at: former.client });
        await enqueue(ctx, message("held"), ["a"]);
        const held = await takeOne(ctx, { at: former.client, leaseMs: shortLease(ctx) });
        const waiting = handedOut(ctx, former.client);
        await former.freeze();
        await enqueue(ctx, message("during"), SERVED);
        await attach(ctx, SERVED, { session: OTHER_SESSION, epoch: 2 });
        const left = [pair("held", "a"), pair("during", "a"), pair("during", "b")];
        await expectHanded(ctx, left, { session: OTHER_SESSION });
        await former.thaw();
        assert.deepEqual(await waiting, [], "what it had been waiting for");
        const settled = former.client.settleMany([{ receipt: held.receipt, as: "ack" }], ctx.call);
        const failures = await settled.catch(() => ["all"]);
        if (ctx.backend.traits.fences === "epoch") assert.equal(failures.length, 1, "what the other one has settled");
        await enqueue(ctx, message("after"), ["a"], { epoch: 2 });
        assert.deepEqual(await handedOut(ctx, former.client), [], "what it is handed when it asks again");
        await expectHanded(ctx, [pair("after", "a")], { session: OTHER_SESSION });
      } finally {
        await former.thaw();
        await former.kill(0);
      }
    },
  },
];

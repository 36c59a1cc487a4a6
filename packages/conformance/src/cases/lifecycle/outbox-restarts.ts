/** An outbox whose server is killed and started again with its data. */

import assert from "node:assert/strict";
import type { OutboxCase } from "../../case.ts";
import { pair } from "../durability/support.ts";
import { expectKnown, expectWaiting, parcelFor, send, settle, take } from "../outbox/support.ts";
import { canRestart, restart } from "./restarts.ts";

export const keptParcels: OutboxCase = {
  id: "outbox/lifecycle/restart-keeps-what-is-committed",
  rule: "Where the server keeps its data, a restart changes nothing: what waits, what has ended and how, which key stands.",
  slot: "outbox",
  applies: (backend, subject) => canRestart(backend, subject) && subject.faults?.keepsData === true,
  async run(ctx) {
    const first = await send(ctx, "m", ["waiting", "delivered"], { idempotencyKey: "key" });
    const parcel = parcelFor(await take(ctx), "m", "delivered");
    const left = parcel.targets.map(({ identity }) => identity).filter((one) => one !== "delivered");
    await settle(ctx, parcel, { as: "delivered", left });
    await send(ctx, "n", ["waiting"]);
    await restart(ctx);
    await ctx.eventually(async () => expectWaiting(ctx, [pair("m", "waiting"), pair("n", "waiting")]));
    const counts = { targets: 2, delivered: 1, failed: 0 };
    await expectKnown(ctx, "m", counts, { delivered: "delivered", waiting: "pending" });
    const again = await ctx.eventually(async () => send(ctx, "again", ["x"], { idempotencyKey: "key" }));
    assert.deepEqual(again, { ...first, isNew: false });
  },
};

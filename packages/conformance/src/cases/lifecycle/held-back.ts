/** Publishing that has to wait because a receiver doesn't read. */

import assert from "node:assert/strict";
import type { Call, MessagingBackend } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { message } from "../messaging/support.ts";
import { outcomeOf, within } from "./outcome.ts";

/** More than an unread inbox of one takes. */
const BATCH = 5;

/** A publisher of more than the only receiver of the address takes, who never reads. */
async function holdBack(
  ctx: MessagingContext,
): Promise<{ readonly publisher: MessagingBackend; publish(call: Call): Promise<unknown> }> {
  const inbox = await ctx.backend.openInbox({ prefetch: 1 }, ctx.call);
  assert.deepEqual(await inbox.addMany(["unread"], ctx.call), []);
  const publisher = await ctx.peer();
  const batch = Array.from({ length: BATCH }, (_, index) => message("unread", `message ${index}`));
  return { publisher, publish: async (call) => publisher.publishMany(batch, call) };
}

export const heldBackCases: readonly MessagingCase[] = [
  {
    id: "messaging/lifecycle/held-back-and-given-up",
    rule: "Publishing that a full receiver holds back settles when its call is given up, and may have been applied.",
    slot: "messaging",
    async run(ctx) {
      const { publish } = await holdBack(ctx);
      const caller = new AbortController();
      const running = outcomeOf(ctx, "publishMany", publish({ signal: caller.signal }));
      await ctx.backend.publishMany([message("elsewhere")], ctx.call);
      caller.abort();
      const error = await running;
      if (error === undefined) return;
      assert.equal(error.code, "ABORTED", error.message);
      assert.equal(error.mayHaveApplied, true, "some of it has been handed over");
    },
  },
  {
    id: "messaging/lifecycle/held-back-at-close",
    rule: "Publishing that a full receiver holds back does not hold up close, and settles with it.",
    slot: "messaging",
    async run(ctx) {
      const { publisher, publish } = await holdBack(ctx);
      const running = outcomeOf(ctx, "publishMany", publish(ctx.call));
      await ctx.backend.publishMany([message("elsewhere")], ctx.call);
      await within(ctx.subject.patienceMs, "close", publisher.close());
      const error = await running;
      if (error) assert.equal(error.code, "CLOSED", error.message);
    },
  },
];

/** Calls that must have no effect: given up before they began, or made when there is nothing to make them on. */

import assert from "node:assert/strict";
import type { Call, Inbox, MessagingBackend } from "@muster/core/slots";
import type { MessagingCase } from "../../case.ts";
import { endedCall, expectTexts, listen, message, publish, refused } from "./support.ts";

/** Every call of messaging that could have an effect. */
function calls(backend: MessagingBackend, inbox: Inbox, call: Call): readonly (() => Promise<unknown>)[] {
  return [
    async () => backend.publishMany([message("a", "not sent")], call),
    async () => backend.openInbox({ prefetch: 1 }, call),
    async () => inbox.addMany(["b"], call),
    async () => inbox.removeMany(["a"], call),
  ];
}

const ended: MessagingCase = {
  id: "messaging/call/given-up-before",
  rule: "A call that was given up, or whose deadline had passed, before it began rejects with ABORTED or TIMEOUT and has no effect.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a"]);
    for (const code of ["ABORTED", "TIMEOUT"] as const) {
      for (const attempt of calls(ctx.backend, listener.inbox, endedCall(code))) {
        const error = await refused(attempt(), code);
        assert.equal(error.mayHaveApplied, false, "nothing was sent");
      }
    }
    const peer = await ctx.peer();
    await publish(ctx, [message("a", "still listening")], peer);
    await peer.publishMany([message("b", "never listened")], ctx.call);
    await expectTexts(ctx, listener, ["still listening"]);
    await expectTexts(ctx, listener, ["still listening"], peer);
  },
};

const unopened: MessagingCase = {
  id: "messaging/call/not-open-yet",
  rule: "Before open, publishing and opening an inbox reject with CLOSED.",
  slot: "messaging",
  async run(ctx) {
    const fresh = ctx.fresh();
    await refused(fresh.publishMany([message("a")], ctx.call), "CLOSED");
    await refused(fresh.publishMany([], ctx.call), "CLOSED");
    await refused(fresh.openInbox({ prefetch: 1 }, ctx.call), "CLOSED");
  },
};

const closed: MessagingCase = {
  id: "messaging/call/closed",
  rule: "After close, publishing, opening an inbox and every call of an inbox reject with CLOSED and have no effect.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["a"]);
    const { inbox } = await listen(ctx, ["c"], { at: peer });
    await peer.close();
    for (const attempt of calls(peer, inbox, ctx.call)) await refused(attempt(), "CLOSED");
    await expectTexts(ctx, listener, []);
  },
};

export const callCases: readonly MessagingCase[] = [ended, unopened, closed];

/** What becomes of a message for an address that nobody listens on. */

import type { MessagingCase } from "../../case.ts";
import { expectTexts, listen, message, publish } from "./support.ts";

const waits: MessagingCase = {
  id: "messaging/retention/waits-for-a-listener",
  rule: "Where messages are retained, one for an address that nobody listens on reaches the inbox that listens there later.",
  slot: "messaging",
  applies: ({ traits }) => traits.retains,
  async run(ctx) {
    const peer = await ctx.peer();
    await publish(ctx, [message("a", "1")], peer);
    await publish(ctx, [message("a", "2")], peer);
    await expectTexts(ctx, await listen(ctx, ["a"]), ["1", "2"], peer);
  },
};

const isLost: MessagingCase = {
  id: "messaging/retention/does-not-wait",
  rule: "Where messages are not retained, one that was published while nobody listened never reaches a later inbox.",
  slot: "messaging",
  applies: ({ traits }) => !traits.retains,
  async run(ctx) {
    const peer = await ctx.peer();
    await peer.publishMany([message("a", "early")], ctx.call);
    const listener = await listen(ctx, ["a"]);
    await publish(ctx, [message("a", "late")], peer);
    await expectTexts(ctx, listener, ["late"], peer);
  },
};

export const retentionCases: readonly MessagingCase[] = [waits, isLost];

/** A process that dies while it publishes, or with an inbox. */

import assert from "node:assert/strict";
import type { MessagingCase } from "../../case.ts";
import { numbered } from "../support.ts";
import { within } from "../lifecycle/outcome.ts";
import { expectTexts, listen, message, publish, quiet } from "../messaging/support.ts";
import { canDie, doomedMessagings } from "./support.ts";

const BATCH = 6;
const FILLER = "x".repeat(1_000);

export const crashedMessagingCases: readonly MessagingCase[] = [
  {
    id: "messaging/crash/published-whole-or-not-at-all",
    rule: "When a process dies while it publishes, each message arrives whole or not at all, and no more often than ever.",
    slot: "messaging",
    applies: canDie("messaging"),
    async run(ctx) {
      for await (const { index, client, turn, dieDuring } of doomedMessagings(ctx)) {
        const address = `crash-${index}-at-${turn}`;
        const listener = await listen(ctx, [address]);
        const texts = numbered(`message-${FILLER}`, BATCH);
        const batch = texts.map((text) => message(address, text));
        const told = await dieDuring(async () => client.publishMany(batch, ctx.call));
        await publish(ctx, [message(address, "by a survivor")]);
        if (told?.answer.length === 0) {
          await expectTexts(ctx, listener, [...texts, "by a survivor"]);
          continue;
        }
        await ctx.eventually(() =>
          assert.ok(listener.texts.includes("by a survivor"), "the survivor's message arrives"),
        );
        await quiet(ctx, listener);
        const arrived = listener.texts.filter((text) => text !== "by a survivor");
        assert.deepEqual(
          arrived.filter((text) => !texts.includes(text)),
          [],
          "parts of messages",
        );
        const { delivery } = ctx.backend.traits;
        if (delivery === "at-most-once") assert.equal(new Set(arrived).size, arrived.length, "nothing twice");
      }
    },
  },
  {
    id: "messaging/crash/inbox-of-the-dead-holds-nobody-up",
    rule: "The inbox of a dead process stops holding publishers back, however full it is.",
    slot: "messaging",
    applies: canDie("messaging"),
    async run(ctx) {
      for await (const { index, client, turn, dieDuring } of doomedMessagings(ctx)) {
        const address = `unread-${index}-at-${turn}`;
        const inbox = await client.openInbox({ prefetch: 1 }, ctx.call);
        await inbox.addMany([address], ctx.call);
        const batch = numbered("message", BATCH).map((text) => message(address, text));
        const publishing = ctx.backend.publishMany(batch, ctx.call);
        await dieDuring(async () => inbox.addMany(["another"], ctx.call));
        await within(ctx.subject.patienceMs, "publishing to an inbox whose process died meanwhile", publishing);
        const later = ctx.backend.publishMany(batch, ctx.call);
        await within(ctx.subject.patienceMs, "publishing to an inbox whose process is dead", later);
      }
    },
  },
  {
    id: "messaging/crash/address-of-the-dead-is-taken-over",
    rule: "When a process dies while it adds an address, another can listen there, and gets whatever comes after that.",
    slot: "messaging",
    applies: canDie("messaging"),
    async run(ctx) {
      for await (const { index, client, turn, dieDuring } of doomedMessagings(ctx)) {
        const address = `left-${index}-at-${turn}`;
        const inbox = await client.openInbox({ prefetch: 1 }, ctx.call);
        await dieDuring(async () => inbox.addMany([address], ctx.call));
        const listener = await listen(ctx, [address]);
        const texts = numbered("message", BATCH);
        const failures = await ctx.backend.publishMany(
          texts.map((text) => message(address, text)),
          ctx.call,
        );
        assert.deepEqual(failures, []);
        await expectTexts(ctx, listener, texts);
      }
    },
  },
];

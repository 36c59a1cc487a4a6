/** How an inbox is read: in pages, within bounds, to its end, and alone. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type Inbox, isMusterError } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { Listener, arrived, expectTexts, listen, message, publish, refused, textOf } from "./support.ts";

const PREFETCH = 4;
/** It takes a reader of {@link slow} a third of a second. */
const SLOW_PREFETCH = 1_024;
const WORK_EVERY = 32;
const WORK_MS = 10;

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

const pages: MessagingCase = {
  id: "messaging/inbox/pages-are-not-empty",
  rule: "No page of an inbox is empty, while messages come, between them and at its end.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a"]);
    for (const text of numbers(10)) {
      await publish(ctx, [message("a", text)]);
      if (text === "4") await arrived(ctx, listener, 5);
    }
    await expectTexts(ctx, listener, numbers(10));
    await listener.inbox[Symbol.asyncDispose]();
    await ctx.eventually(() => assert.ok(listener.end, "the iteration ends"));
    assert.deepEqual(
      listener.pages.filter((page) => page.length === 0),
      [],
    );
  },
};

const ends: MessagingCase = {
  id: "messaging/inbox/closing-ends-the-iteration",
  rule: "Closing an inbox ends its iteration, without an error, also while it waits for the next page.",
  slot: "messaging",
  async run(ctx) {
    const [waiting, busy] = [await listen(ctx, ["a"]), await listen(ctx, ["b"])];
    await publish(ctx, [message("b", "1")]);
    await arrived(ctx, busy, 1);
    for (const listener of [waiting, busy]) {
      await listener.inbox[Symbol.asyncDispose]();
      await ctx.eventually(() => assert.ok(listener.end, "the iteration ends"));
      assert.deepEqual(listener.end, {});
    }
  },
};

const endsWithBackend: MessagingCase = {
  id: "messaging/inbox/ends-with-its-messaging",
  rule: "Closing the messaging ends the iteration of its inboxes, at most with CLOSED.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const listener = await listen(ctx, ["a"], { at: peer });
    await peer.close();
    await ctx.eventually(() => assert.ok(listener.end, "the iteration ends"));
    const { error } = listener.end ?? {};
    assert.ok(error === undefined || isMusterError(error, "CLOSED"), `it ended with ${String(error)}`);
  },
};

const closed: MessagingCase = {
  id: "messaging/inbox/nothing-after-closing",
  rule: "A closed inbox receives nothing more, rejects with CLOSED, can be closed again, and leaves other inboxes alone.",
  slot: "messaging",
  async run(ctx) {
    const [listener, other] = [await listen(ctx, ["a"]), await listen(ctx, ["a"])];
    await publish(ctx, [message("a", "before")]);
    await arrived(ctx, listener, 1);
    await listener.inbox[Symbol.asyncDispose]();
    await listener.inbox[Symbol.asyncDispose]();
    await publish(ctx, [message("a", "after")]);
    await expectTexts(ctx, other, ["before", "after"]);
    assert.ok(!listener.texts.includes("after"), "it arrived in the closed inbox");
    await refused(listener.inbox.addMany(["b"], ctx.call), "CLOSED");
    await refused(listener.inbox.removeMany(["a"], ctx.call), "CLOSED");
  },
};

/** An inbox that is live on `a`, and that nobody reads yet. */
async function unread(ctx: MessagingContext, prefetch: number): Promise<Inbox> {
  const inbox = await ctx.backend.openInbox({ prefetch }, ctx.call);
  assert.deepEqual(await inbox.addMany(["a"], ctx.call), []);
  return inbox;
}

const bounded: MessagingCase = {
  id: "messaging/inbox/prefetch-is-a-bound",
  rule: "No more deliveries than prefetch wait in a process that does not read, and reading on gets it the next.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const inbox = await unread(ctx, PREFETCH);
    const other = await listen(ctx, ["b"]);
    const publishing = Promise.allSettled(
      numbers(10 * PREFETCH).map(async (text) => peer.publishMany([message("a", text)], ctx.call)),
    );
    await publish(ctx, [message("b", "all are on their way")], await ctx.peer());
    await arrived(ctx, other, 1);
    const listener = new Listener(inbox);
    await arrived(ctx, listener, PREFETCH);
    await publishing;
    await ctx.eventually(async () => {
      await peer.publishMany([message("a", "last")], ctx.call);
      assert.ok(listener.texts.includes("last"), "what is published to an inbox that is read arrives");
    });
    const longest = Math.max(...listener.pages.map((page) => page.length));
    assert.ok(longest <= PREFETCH, `${longest} deliveries waited, with a prefetch of ${PREFETCH}`);
  },
};

const slow: MessagingCase = {
  id: "messaging/inbox/slow-is-not-stalled",
  rule: "Who needs long for what came, but goes on, loses nothing of several times what may wait.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const inbox = await unread(ctx, SLOW_PREFETCH);
    const working = workingOff(inbox);
    const texts = numbers(4 * SLOW_PREFETCH);
    const size = Math.min(peer.traits.maxBatch, SLOW_PREFETCH);
    for (let start = 0; start < texts.length; start += size) {
      await publish(
        ctx,
        texts.slice(start, start + size).map((text) => message("a", text)),
        peer,
      );
    }
    await ctx.eventually(() => {
      const missing = texts.length - working.seen.size;
      assert.ok(missing === 0, `${missing} of ${texts.length} have not arrived`);
    });
    await inbox[Symbol.asyncDispose]();
    await working.ended;
  },
};

/** Reads it to its end, and takes {@link WORK_MS} for each few. */
function workingOff(inbox: Inbox): { readonly seen: ReadonlySet<string>; readonly ended: Promise<void> } {
  const seen = new Set<string>();
  const work = async (): Promise<void> => {
    let count = 0;
    for await (const page of inbox) {
      for (const delivery of page) {
        seen.add(textOf(delivery));
        count += 1;
        if (count % WORK_EVERY === 0) await delay(WORK_MS);
      }
    }
  };
  return { seen, ended: work() };
}

const apart: MessagingCase = {
  id: "messaging/inbox/stalled-holds-up-nobody",
  rule: "An inbox that nobody reads holds up no other, in its own process or in another, not even for messages of one batch.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxBatch >= PREFETCH + 2,
  async run(ctx) {
    const [peer, publisher] = [await ctx.peer(), await ctx.peer()];
    const stalled = await unread(ctx, 1);
    const others = [await listen(ctx, ["b"]), await listen(ctx, ["b"], { at: peer })];
    const flood = numbers(PREFETCH).map((text) => message("a", text));
    const publishing = Promise.allSettled([publisher.publishMany([...flood, message("b", "same batch")], ctx.call)]);
    for (const other of others) await arrived(ctx, other, 1);
    await publish(ctx, [message("b", "another publisher")], peer);
    for (const other of others) await arrived(ctx, other, 2);
    await stalled[Symbol.asyncDispose]();
    await publishing;
  },
};

const several: MessagingCase = {
  id: "messaging/inbox/each-has-its-own",
  rule: "An inbox receives what is for its own addresses, and nothing that is for another inbox of the process.",
  slot: "messaging",
  async run(ctx) {
    const peer = await ctx.peer();
    const [one, other] = [await listen(ctx, ["a", "shared"]), await listen(ctx, ["b", "shared"])];
    for (const address of ["a", "b", "shared"]) await publish(ctx, [message(address, address)], peer);
    await expectTexts(ctx, one, ["a", "shared"], peer);
    await expectTexts(ctx, other, ["b", "shared"], peer);
  },
};

export const inboxCases: readonly MessagingCase[] = [
  ...[pages, ends, endsWithBackend, closed],
  ...[bounded, slow, apart, several],
];

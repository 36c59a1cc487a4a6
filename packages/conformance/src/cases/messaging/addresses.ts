/** What an address is: a key and nothing more. No character in it means anything. */

import assert from "node:assert/strict";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { alikeNamespaces } from "../support.ts";
import { arrived, codesOf, expectTexts, listen, message, publish, refused } from "./support.ts";

const HOSTILE = [
  ...["*", ">", ".", "..", "#", "+", "?", "%", "_", "/", "\\", "$", ":", "|", "'", '"', "`", "{}", "[a]", "{a}"],
  ...[
    "a.b",
    "a..b",
    ".a",
    "a.",
    "a/b",
    "/a",
    "a*",
    "*.a",
    "a.>",
    "a.#",
    "$SYS",
    "$share/a/b",
    "_INBOX.a",
    "a:b",
    "a@b",
  ],
  ...["a b", " a", "a ", " ", "-", "--", "~a", "%00", "%61", "\\u0061", "__proto__", "constructor", "null", "0", "a,b"],
  ...["\u{1f600}", "\u6e2c\u5b9a", "\ufb01", "\u2028", "e\u0301", "\u00e9", "\u0130", "\u00df", "A", "a", "Aa", "aA"],
];

const literal: MessagingCase = {
  id: "messaging/address/any-text",
  rule: "Any text of 1 to 256 bytes without control characters is an address, and stands on the delivery as it was.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, HOSTILE, { at: await ctx.peer() });
    for (const address of HOSTILE) await publish(ctx, [message(address, address)]);
    await expectTexts(ctx, listener, HOSTILE);
    for (const [index, delivery] of listener.deliveries.entries()) {
      assert.equal(delivery.address, listener.texts[index], "the address on the delivery");
    }
  },
};

/** Asserts that none of the messages, published one by one, reaches the inbox. */
async function expectUnreached(
  ctx: MessagingContext,
  { listening, published }: { readonly listening: readonly string[]; readonly published: readonly string[] },
): Promise<void> {
  const peer = await ctx.peer();
  const listener = await listen(ctx, listening);
  for (const address of published) await peer.publishMany([message(address, address)], ctx.call);
  await expectTexts(ctx, listener, [], peer);
}

const noPattern: MessagingCase = {
  id: "messaging/address/no-pattern-receives",
  rule: "An inbox on an address that looks like a pattern receives nothing that is published to what the pattern matches.",
  slot: "messaging",
  async run(ctx) {
    const listening = [
      "*",
      ">",
      "a.*",
      "a.>",
      "*.b",
      "#",
      "a.#",
      "+",
      "a/+",
      "a*",
      "a?b",
      "[a-z]",
      "%",
      "a%",
      "_",
      ".*",
      "**",
    ];
    await expectUnreached(ctx, { listening, published: ["a", "a.b", "a.b.c", "a/b", "ab", "axb", "b"] });
  },
};

const noFan: MessagingCase = {
  id: "messaging/address/no-pattern-publishes",
  rule: "A message to an address that looks like a pattern reaches nothing that the pattern matches.",
  slot: "messaging",
  async run(ctx) {
    const published = ["*", ">", "a.*", "a.>", "#", "+", "a/+", "a*", "a?", "%", ".*"];
    await expectUnreached(ctx, { listening: ["a", "a.b", "a/b", "ab"], published });
  },
};

const noPrefix: MessagingCase = {
  id: "messaging/address/no-prefix",
  rule: "An address has nothing to do with those that begin with it, or that it begins with.",
  slot: "messaging",
  async run(ctx) {
    const published = ["a", "a.b", "a.b.c.d", "a.b.cc", "a.b.", "a.b.c ", " a.b.c", "a.b.c\\", "b.c", "c"];
    await expectUnreached(ctx, { listening: ["a.b.c"], published });
  },
};

const caseKept: MessagingCase = {
  id: "messaging/address/case-counts",
  rule: "Addresses that differ only in case are different.",
  slot: "messaging",
  async run(ctx) {
    await expectUnreached(ctx, {
      listening: ["Node-A", "\u00e9t\u00e9"],
      published: ["node-a", "NODE-A", "\u00c9T\u00c9"],
    });
  },
};

const normalForms: MessagingCase = {
  id: "messaging/address/not-normalized",
  rule: "Addresses that differ only in their Unicode normal form are different.",
  slot: "messaging",
  async run(ctx) {
    await expectUnreached(ctx, { listening: ["\u00e9", "fi"], published: ["e\u0301", "\ufb01"] });
  },
};

const longest: MessagingCase = {
  id: "messaging/address/longest",
  rule: "Addresses of 256 bytes are told apart to their last byte.",
  slot: "messaging",
  async run(ctx) {
    const stem = "x".repeat(255);
    const addresses = [`${stem}a`, `${stem}b`, "\u{1f600}".repeat(64), `${"\u{1f600}".repeat(63)}\u{1f601}`];
    const listeners = await Promise.all(addresses.map(async (address) => listen(ctx, [address])));
    for (const address of addresses) await publish(ctx, [message(address, address)]);
    for (const [index, listener] of listeners.entries()) await expectTexts(ctx, listener, [addresses[index] ?? ""]);
  },
};

const namespaces: MessagingCase = {
  id: "messaging/namespace/nothing-crosses",
  rule: "Nothing that is published in one namespace is received in another, on the same address or any other.",
  slot: "messaging",
  async run(ctx) {
    const stranger = await ctx.peer({ namespace: `${ctx.namespace}-2` });
    const [mine, theirs] = [await listen(ctx, ["a"]), await listen(ctx, ["a", "*", ">", "#"], { at: stranger })];
    await publish(ctx, [message("a", "mine")]);
    await publish(ctx, [message("a", "theirs")], stranger);
    await arrived(ctx, mine, 1);
    await expectTexts(ctx, theirs, ["theirs"], stranger);
    await expectTexts(ctx, mine, ["mine"]);
  },
};

const seams: MessagingCase = {
  id: "messaging/namespace/no-seam",
  rule: "However a namespace and an address are joined, another pair of them is never the same.",
  slot: "messaging",
  async run(ctx) {
    for (const seam of [".", "_", "-"]) {
      const longer = await ctx.peer({ namespace: `${ctx.namespace}${seam}x` });
      const [mine, theirs] = [await listen(ctx, [`x${seam}a`]), await listen(ctx, ["a"], { at: longer })];
      await publish(ctx, [message(`x${seam}a`, "mine")]);
      await publish(ctx, [message("a", "theirs")], longer);
      await expectTexts(ctx, mine, ["mine"], ctx.backend);
      await expectTexts(ctx, theirs, ["theirs"], longer);
    }
  },
};

const pairwise: MessagingCase = {
  id: "messaging/namespace/pairwise-apart",
  rule: "However alike the names of namespaces are, and however long, what is published in one arrives in that one.",
  slot: "messaging",
  async run(ctx) {
    const names = alikeNamespaces(ctx.namespace);
    const peers = await Promise.all(names.map(async (namespace) => ctx.peer({ namespace })));
    const listeners = await Promise.all(peers.map(async (at) => listen(ctx, ["a", "b.a"], { at })));
    for (const address of ["a", "b.a"]) {
      for (const [index, peer] of peers.entries()) {
        await publish(ctx, [message(address, `${address} in ${names[index]}`)], peer);
      }
    }
    for (const [index, peer] of peers.entries()) {
      const listener = listeners[index];
      const texts = ["a", "b.a"].map((address) => `${address} in ${names[index]}`);
      if (listener) await expectTexts(ctx, listener, texts, peer);
    }
  },
};

const INVALID = [
  "",
  "x".repeat(257),
  "\u20ac".repeat(86),
  "a\u0000b",
  "a\nb",
  "a\r\nPUB b 0",
  "\u007f",
  "\u0085",
  "\ud800",
  "a\udc00b",
];

const invalid: MessagingCase = {
  id: "messaging/address/invalid-is-refused",
  rule: "A batch with an address that is empty, over 256 bytes, or holds a control character or half a surrogate pair, rejects with INVALID_ARGUMENT before anything of it is sent.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxBatch >= 2,
  async run(ctx) {
    const listener = await listen(ctx, ["a"]);
    for (const address of INVALID) {
      const error = await refused(
        ctx.backend.publishMany([message("a", "beside it"), message(address)], ctx.call),
        "INVALID_ARGUMENT",
      );
      assert.equal(error.mayHaveApplied, false, "nothing was sent");
    }
    await expectTexts(ctx, listener, []);
  },
};

const invalidAdded: MessagingCase = {
  id: "messaging/address/invalid-is-not-added",
  rule: "An address that is empty, over 256 bytes, or holds a control character or half a surrogate pair, can't be added: it fails alone, with INVALID_ARGUMENT.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, []);
    const batch = INVALID.flatMap((address, index) => [address, `valid-${index}`]);
    const failures = await listener.inbox.addMany(batch, ctx.call);
    assert.deepEqual(
      codesOf(failures),
      INVALID.map((_, index) => [2 * index, "INVALID_ARGUMENT"]),
    );
    const texts = INVALID.map((_, index) => `valid-${index}`);
    for (const address of texts) await publish(ctx, [message(address, address)]);
    await expectTexts(ctx, listener, texts);
  },
};

export const addressCases: readonly MessagingCase[] = [
  ...[literal, noPattern, noFan, noPrefix, caseKept],
  ...[normalForms, longest, invalid, invalidAdded],
  ...[namespaces, seams, pairwise],
];

/** Identities are text, compared byte by byte and never interpreted. */

import assert from "node:assert/strict";
import type { Registration } from "@muster/core/slots";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { deleteOne, entry, expectCensus, expectScanned, LONG_MS, renewOne, settled, storeOne } from "../support.ts";

/** A registry that keeps these apart in every method. `inOrder` of their UTF-8 bytes. */
function keepsApart(id: string, rule: string, inOrder: readonly string[]): RegistryCase {
  return {
    id: `registry/identities/${id}`,
    rule,
    slot: "registry",
    applies: ({ traits }) => inOrder.every((identity) => Buffer.byteLength(identity) <= traits.maxIdentityBytes),
    run: async (ctx) => expectApart(ctx, inOrder),
  };
}

async function expectApart(ctx: RegistryContext, inOrder: readonly string[]): Promise<void> {
  const peer = await ctx.peer();
  const stored: Registration[] = [];
  for (const [n, identity] of [...inOrder.entries()].reverse())
    stored.unshift(await storeOne(ctx, entry(identity, { metadata: { n }, ttlMs: LONG_MS })));
  await settled(ctx, async () => assert.deepEqual(await peer.getMany(inOrder, ctx.call), stored));
  await expectScanned(ctx, inOrder, { pageSize: 3 }, peer);
  await expectCensus(ctx, inOrder.length);
  for (const [n, { identity, epoch }] of stored.entries()) {
    await expectScanned(ctx, inOrder.slice(n + 1), { after: identity });
    assert.equal(typeof (await renewOne(ctx, { identity, epoch })), "number");
  }
  const [gone, ...others] = stored;
  if (gone) assert.equal(await deleteOne(ctx, { identity: gone.identity, epoch: gone.epoch }), "deleted");
  await expectScanned(
    ctx,
    others.map(({ identity }) => identity),
  );
}

export const identityCases: readonly RegistryCase[] = [
  keepsApart(
    "case-matters",
    "Identities that differ only in case are different.",
    ["SENSOR", "Sensor", "sensor", "stra\u00dfe", "strasse", "\u0130", "\u0131"].sort(byBytes),
  ),
  keepsApart(
    "normal-forms-are-different",
    "A composed character and the same one decomposed are different identities.",
    ["cafe\u0301", "caf\u00e9", "\u1100\u1161", "\uac00", "\u212b", "\u00c5"].sort(byBytes),
  ),
  keepsApart(
    "spaces-count",
    "Spaces at the beginning, in the middle and at the end belong to an identity.",
    [" ", " a", " a ", "a", "a ", "a  b", "a b", "\u00a0a"].sort(byBytes),
  ),
  keepsApart(
    "wildcards-are-letters",
    "What is a pattern elsewhere stands for itself.",
    [
      "*",
      "a*",
      "a?",
      "a%",
      "a_",
      "ab",
      "a.b",
      "a.>",
      "a.*",
      "a#",
      "[a-z]",
      "{a}",
      "{}",
      "a:b",
      "a/b",
      "a|b",
      "^a$",
    ].sort(byBytes),
  ),
  keepsApart(
    "quotes-and-escapes-are-letters",
    "What ends a string or begins an escape elsewhere stands for itself.",
    [
      "'",
      '"',
      "`",
      "\\",
      "\\\\",
      "a\\",
      "a'; --",
      "a%41",
      "a%2541",
      "aA",
      "&amp;",
      "_41",
      "a__b",
      "-",
      "--",
      "+",
      "=a1",
      "../a",
      "a\u007e",
    ].sort(byBytes),
  ),
  keepsApart(
    "numbers-are-text",
    "Identities that are equal as numbers, or look like keywords, are text and different.",
    [
      "1",
      "01",
      "1.0",
      "1e0",
      "+1",
      "-0",
      "0",
      "10",
      "2",
      "true",
      "null",
      "undefined",
      "NaN",
      "__proto__",
      "constructor",
      "toString",
    ].sort(byBytes),
  ),
  keepsApart(
    "beyond-the-basic-plane",
    "Characters outside the basic plane and joined emoji are kept whole.",
    ["\u{1f600}", "\u{1f600}\u{1f3fd}", "\u{1f469}\u200d\u{1f680}", "\u{10ffff}", "\ufb01", "\uffee", "\ud7ff"].sort(
      byBytes,
    ),
  ),
  {
    id: "registry/identities/as-long-as-promised",
    rule: "Identities of `maxIdentityBytes` that differ only in their last byte are different, whatever their script.",
    slot: "registry",
    async run(ctx) {
      const bytes = Math.min(ctx.backend.traits.maxIdentityBytes, 256);
      const long = ["x".repeat(bytes - 1), "\u20ac".repeat(Math.floor((bytes - 1) / 3)), "*".repeat(bytes - 1)];
      const all = long.flatMap((stem) => [`${stem}a`, `${stem}b`, stem]);
      await expectApart(ctx, all.sort(byBytes));
    },
  },
];

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What any process can read of a multicast, and of those of its recipients that were not handed over. */

import assert from "node:assert/strict";
import { compareStrings } from "@muster/filter";
import type { OutboxCase } from "../../case.ts";
import { numbered } from "../support.ts";
import { deliveriesOf, expectKnown, send, settle, take } from "./support.ts";

function readingCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/reading/${name}`, rule, slot: "outbox", run };
}

export const readingCases: readonly OutboxCase[] = [
  readingCase(
    "pages-in-order",
    "Deliveries come in pages of at most pageSize, in the order of the bytes of identity, each once, from behind after.",
    async (ctx) => {
      const identities = [...numbered("a", 27), "B", "\u00e9", "\uffee", "\u{1f600}", "a-", "a-0.b", "z"];
      const inOrder = identities.toSorted(compareStrings);
      await send(ctx, "m", identities);
      await send(ctx, "n", ["a-03", "q"]);
      for (const pageSize of [1, 3, 100]) {
        const all: string[] = [];
        for await (const page of (await ctx.peer()).deliveries("m", { pageSize }, ctx.call)) {
          assert.ok(page.length >= 1 && page.length <= pageSize, `${page.length} on a page of ${pageSize}`);
          all.push(...page.map(({ identity }) => identity));
        }
        assert.deepEqual(all, inOrder);
      }
      for (const after of [inOrder[4] ?? "", "a-", "a-02x", "\u{10ffff}"]) {
        const rest = await deliveriesOf(ctx, "m", { after, pageSize: 2 });
        assert.deepEqual(
          rest.map(({ identity }) => identity),
          inOrder.filter((one) => compareStrings(one, after) > 0),
        );
      }
    },
  ),
  readingCase(
    "handed-over-is-left-out",
    "Who was handed over is on none of the pages, and the others are, wherever they stand.",
    async (ctx) => {
      const many = numbered("one", 3 * ctx.backend.traits.shards);
      await send(ctx, "m", many);
      const handed = new Set(many.filter((_, index) => index % 3 === 0));
      for (const parcel of await take(ctx)) {
        const left = parcel.targets.map(({ identity }) => identity).filter((one) => !handed.has(one));
        await settle(ctx, parcel, { left });
      }
      const expected = many.filter((one) => !handed.has(one));
      for (const pageSize of [2, 100]) {
        const all = await deliveriesOf(ctx, "m", { pageSize });
        assert.deepEqual(
          all.map(({ identity, status }) => `${identity} ${status}`),
          expected.map((one) => `${one} pending`),
        );
      }
      await expectKnown(
        ctx,
        "m",
        { targets: many.length, delivered: 0, failed: 0 },
        Object.fromEntries(expected.map((one) => [one, "pending"])),
      );
    },
  ),
  readingCase(
    "unknown-is-nothing",
    "Of an unknown multicast there is no record, no delivery and no count.",
    async (ctx) => {
      await send(ctx, "m", ["a"]);
      assert.equal(await ctx.backend.find("unknown", ctx.call), undefined);
      await expectKnown(ctx, "unknown", { targets: 0, delivered: 0, failed: 0 }, {});
    },
  ),
];

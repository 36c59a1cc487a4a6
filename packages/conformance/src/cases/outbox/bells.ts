/** What tells a relay that it need not wait for its next look. */

import assert from "node:assert/strict";
import type { OutboxBackend } from "@muster/core/slots";
import type { OutboxCase, OutboxContext } from "../../case.ts";
import { numbered } from "../support.ts";
import { begin, record, send } from "./support.ts";

export function hasBells({ bells }: OutboxBackend): boolean {
  return bells !== undefined;
}

function bellCase(name: string, rule: string, run: OutboxCase["run"]): OutboxCase {
  return { id: `outbox/bells/${name}`, rule, slot: "outbox", applies: hasBells, run };
}

/** How often it has rung so far. */
async function listen(
  ctx: OutboxContext,
  at: OutboxBackend = ctx.backend,
): Promise<{ count: number } & AsyncDisposable> {
  assert.ok(at.bells !== undefined, "the facet that was there when the run was planned");
  let count = 0;
  const listening = await at.bells.listen(() => {
    count += 1;
  }, ctx.call);
  return {
    get count() {
      return count;
    },
    [Symbol.asyncDispose]: async () => listening[Symbol.asyncDispose](),
  };
}

/** A bell may be lost, and may ring for nothing: one of several comes. */
async function expectRung(
  ctx: OutboxContext,
  bell: { readonly count: number },
  send: () => Promise<unknown>,
): Promise<void> {
  const before = bell.count;
  await ctx.eventually(async () => {
    await send();
    await ctx.backend.backlog(ctx.call);
    assert.ok(bell.count > before, "it rings");
  });
}

export const bellCases: readonly OutboxCase[] = [
  bellCase("ring-when-committed", "Whoever listens is told when something is committed.", async (ctx) => {
    await using bell = await listen(ctx);
    let id = 0;
    for (const _ of numbered("round", 3))
      await expectRung(ctx, bell, async () => {
        id += 1;
        const own = await begin(ctx);
        await record(ctx, own, `m${id}`, ["a"]);
        await own.commit();
      });
  }),
  bellCase(
    "ring-for-other-processes",
    "Whoever listens is told of what any process commits in its namespace, as are the others who listen.",
    async (ctx) => {
      const [at, sender] = [await ctx.peer(), await ctx.peer()];
      await using bell = await listen(ctx);
      await using other = await listen(ctx, at);
      let id = 0;
      for (const one of [bell, other])
        await expectRung(ctx, one, async () => {
          id += 1;
          await send(ctx, `m${id}`, ["a"], { at: sender });
        });
    },
  ),
];

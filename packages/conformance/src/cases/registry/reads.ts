/** Asking for some by name. */

import assert from "node:assert/strict";
import type { RegistryCase } from "../../case.ts";
import { entry, numbered, settled, startSession, storeAll, storeExpired } from "../support.ts";

export const readCases: readonly RegistryCase[] = [
  {
    id: "registry/reads/in-the-order-asked",
    rule: "What is read stands in the order asked, once for each time asked, with sessions among the rest.",
    slot: "registry",
    async run(ctx) {
      const session = await startSession(ctx, "s");
      const [a, b, c] = await storeAll(ctx, [entry("a"), entry("b"), entry("c")]);
      const asked = ["c", session.identity, "a", "b", "a"];
      await settled(ctx, async () =>
        assert.deepEqual(await ctx.backend.getMany(asked, ctx.call), [c, session, a, b, a]),
      );
    },
  },
  {
    id: "registry/reads/undefined-for-the-absent",
    rule: "Who is unknown or has expired is undefined, in its place.",
    slot: "registry",
    async run(ctx) {
      await storeExpired(ctx, entry("expired"));
      const [a, b] = await storeAll(ctx, [entry("a"), entry("b")]);
      const asked = ["unknown", "b", "expired", "$session/unknown", "a"];
      await settled(ctx, async () =>
        assert.deepEqual(await ctx.backend.getMany(asked, ctx.call), [undefined, b, undefined, undefined, a]),
      );
    },
  },
  {
    id: "registry/reads/of-a-thousand",
    rule: "A thousand are read at once, each in its place.",
    slot: "registry",
    async run(ctx) {
      const stored = await storeAll(
        ctx,
        numbered("a", 1_000).map((identity) => entry(identity)),
      );
      const asked = stored.map(({ identity }, index) => (index % 2 === 0 ? identity : `${identity}-not`)).toReversed();
      const expected = stored.map((one, index) => (index % 2 === 0 ? one : undefined)).toReversed();
      await settled(ctx, async () => assert.deepEqual(await ctx.backend.getMany(asked, ctx.call), expected));
    },
  },
];

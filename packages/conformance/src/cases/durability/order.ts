/** Where order is fifo: a recipient's messages come in the order in which they were accepted, and nothing overtakes. */

import assert from "node:assert/strict";
import type { DurabilityBackend } from "@muster/core/slots";
import type { DurabilityCase, DurabilityContext } from "../../case.ts";
import { numbered } from "../support.ts";
import {
  ack,
  attach,
  dequeue,
  enqueue,
  expectHanded,
  type Handed,
  message,
  pair,
  pairsOf,
  settle,
  take,
} from "./support.ts";

const DELAY_MS = 60_000;

function isFifo({ traits }: DurabilityBackend): boolean {
  return traits.order === "fifo";
}

function fifoCase(name: string, rule: string, run: DurabilityCase["run"], applies = isFifo): DurabilityCase {
  return { id: `durability/order/${name}`, rule, slot: "durability", applies, run };
}

/** Two messages for each of two, and the first of each leased by itself. */
async function firstOfTwo(ctx: DurabilityContext): Promise<readonly Handed[]> {
  await attach(ctx, ["a", "b"]);
  for (const id of ["1", "2"]) await enqueue(ctx, message(id), ["a", "b"]);
  const first = await take(ctx, 2, { max: 2, maxPerIdentity: 1 });
  assert.deepEqual(pairsOf(first).toSorted(), [pair("1", "a"), pair("1", "b")]);
  return first;
}

/** Leases and acknowledges one at a time until nothing is due. */
async function oneByOne(ctx: DurabilityContext, count: number): Promise<readonly string[]> {
  const all: Handed[] = [];
  await ctx.eventually(async () => {
    const one = await dequeue(ctx, { max: 1 });
    all.push(...one);
    await ack(ctx, one);
    assert.ok(all.length >= count, `${all.length} of ${count}`);
  });
  return pairsOf(all);
}

export const orderCases: readonly DurabilityCase[] = [
  fifoCase(
    "as-accepted",
    "A recipient's messages are handed out in the order in which they were accepted, from whichever client.",
    async (ctx) => {
      const clients = [ctx.backend, await ctx.peer()];
      const ids = numbered("m", 12);
      await attach(ctx, ["a"]);
      for (const [index, id] of ids.entries()) {
        const at = clients[index % 2];
        await enqueue(ctx, message(id), ["a"], at ? { at } : {});
      }
      const handed = [
        ...(await oneByOne(ctx, 3)),
        ...pairsOf(
          await expectHanded(
            ctx,
            ids.slice(3).map((id) => pair(id, "a")),
          ),
        ),
      ];
      assert.deepEqual(
        handed,
        ids.map((id) => pair(id, "a")),
      );
    },
  ),
  fifoCase("oldest-first", "Among several recipients, what was accepted first is handed out first.", async (ctx) => {
    await attach(ctx, ["a", "b", "c"]);
    const inOrder = [
      ["1", "b"],
      ["2", "a"],
      ["3", "c"],
      ["4", "a"],
      ["5", "b"],
    ] as const;
    for (const [id, identity] of inOrder) await enqueue(ctx, message(id), [identity]);
    assert.deepEqual(
      await oneByOne(ctx, inOrder.length),
      inOrder.map(([id, identity]) => pair(id, identity)),
    );
  }),
  fifoCase(
    "leased-holds-back-its-own",
    "While a message is leased, the later ones of that recipient stay, and those of others don't.",
    async (ctx) => {
      const first = await firstOfTwo(ctx);
      const [one] = first.filter(({ identity }) => identity === "a");
      assert.ok(one !== undefined);
      assert.deepEqual(pairsOf(await dequeue(ctx)), [], "both are held back");
      await ack(
        ctx,
        first.filter((each) => each !== one),
      );
      const [next] = await take(ctx, 1);
      assert.deepEqual(next && pairsOf([next]), [pair("2", "b")], "the other one goes on");
      await ack(ctx, [one]);
      await expectHanded(ctx, [pair("2", "a")]);
    },
  ),
  fifoCase(
    "retry-holds-back-its-own",
    "While a message waits for its delay, the later ones of that recipient stay, and those of others don't.",
    async (ctx) => {
      const first = await firstOfTwo(ctx);
      await settle(
        ctx,
        first.map(({ receipt, identity }) =>
          identity === "a" ? { receipt, as: "retry", delayMs: DELAY_MS } : { receipt, as: "ack" },
        ),
      );
      await expectHanded(ctx, [pair("2", "b")]);
    },
    (backend) => isFifo(backend) && backend.traits.delay,
  ),
  fifoCase(
    "dead-holds-nobody-back",
    "When a message has died, the next one of its recipient is handed out.",
    async (ctx) => {
      const first = await firstOfTwo(ctx);
      await settle(
        ctx,
        first.map(({ receipt }) => ({ receipt, as: "dead", code: "REJECTED", reason: "no" })),
      );
      await expectHanded(ctx, [pair("2", "a"), pair("2", "b")]);
    },
  ),
  fifoCase("retried-comes-first", "What comes back comes before what was accepted after it.", async (ctx) => {
    const first = await firstOfTwo(ctx);
    await settle(
      ctx,
      first.map(({ receipt }) => ({ receipt, as: "retry" })),
    );
    const handed = await expectHanded(
      ctx,
      ["1", "2"].flatMap((id) => [pair(id, "a"), pair(id, "b")]),
    );
    for (const identity of ["a", "b"])
      assert.deepEqual(
        handed.filter((one) => one.identity === identity).map(({ id }) => id),
        ["1", "2"],
      );
  }),
];

/** What is accepted is kept once for each recipient, as it was given. */

import assert from "node:assert/strict";
import type { DurabilityCase } from "../../case.ts";
import { numbered } from "../support.ts";
import {
  ack,
  attach,
  enqueue,
  expectHanded,
  expectNothing,
  message,
  OTHER_SESSION,
  pair,
  SESSION,
  take,
  takeOne,
  textOf,
} from "./support.ts";

const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

export const enqueueCases: readonly DurabilityCase[] = [
  {
    id: "durability/enqueue/handed-out-as-it-was-given",
    rule: "A message is handed out with everything it was enqueued with, to the byte, by whichever client.",
    slot: "durability",
    async run(ctx) {
      const peer = await ctx.peer();
      await attach(ctx, ["a"]);
      const messages = [
        message("bytes", { payload: BYTES, contentType: "application/octet-stream", replyTo: "node/1" }),
        message("empty", { payload: new Uint8Array(), sentAt: 1 }),
        message("once", { guarantee: "exactly-once", contentType: 'text/plain; charset="utf-8"' }),
        message("text", { payload: new TextEncoder().encode("grüße \u{1f600} \0 \n") }),
      ];
      for (const one of messages) {
        await enqueue(ctx, one, ["a"], { at: peer });
        const handed = await takeOne(ctx);
        const { payload, ...rest } = handed.message;
        assert.deepEqual({ ...rest, payload: [...payload] }, { ...one, payload: [...one.payload] });
        assert.deepEqual([handed.identity, handed.epoch, handed.attempt], ["a", 1, 1]);
        await ack(ctx, [handed]);
      }
    },
  },
  {
    id: "durability/enqueue/payload-is-not-kept",
    rule: "What happens to the sender's bytes once enqueueMany has resolved changes nothing of what is stored.",
    slot: "durability",
    async run(ctx) {
      const buffer = new TextEncoder().encode("before SENT behind");
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m", { payload: buffer.subarray(7, 11) }), ["a"]);
      buffer.fill(0x21);
      assert.equal((await takeOne(ctx)).text, "SENT");
    },
  },
  {
    id: "durability/enqueue/handed-out-payload-is-the-receivers-own",
    rule: "What a receiver does to the bytes it was handed changes nothing for other recipients or attempts.",
    slot: "durability",
    async run(ctx) {
      const sessions = [SESSION, OTHER_SESSION] as const;
      for (const session of sessions) await attach(ctx, [`of ${session}`], { session });
      await enqueue(
        ctx,
        message("m"),
        sessions.map((session) => `of ${session}`),
      );
      const first = await takeOne(ctx);
      first.message.payload.fill(0x21);
      await ctx.backend.settleMany([{ receipt: first.receipt, as: "retry" }], ctx.call);
      assert.equal((await takeOne(ctx)).text, "text of m", "the next attempt's");
      assert.equal((await takeOne(ctx, { session: OTHER_SESSION })).text, "text of m", "another recipient's");
    },
  },
  {
    id: "durability/enqueue/every-recipient-has-its-own",
    rule: "Each target gets a delivery of its own, and settling one settles no other.",
    slot: "durability",
    applies: ({ traits }) => traits.maxBatch >= 10,
    async run(ctx) {
      const identities = numbered("a", 10);
      await attach(ctx, identities);
      await enqueue(ctx, message("m"), identities);
      const [first, ...others] = await take(ctx, identities.length);
      assert.deepEqual([first, ...others].map((one) => one?.identity ?? "").toSorted(), identities);
      if (first) await ack(ctx, [first]);
      await ctx.backend.settleMany(
        others.map(({ receipt }) => ({ receipt, as: "release" })),
        ctx.call,
      );
      await expectHanded(
        ctx,
        others.map(({ identity }) => pair("m", identity)),
      );
    },
  },
  {
    id: "durability/enqueue/each-message-is-another",
    rule: "Messages with different ids are different, however alike their payloads.",
    slot: "durability",
    async run(ctx) {
      const payload = new TextEncoder().encode("the same");
      await attach(ctx, ["a"]);
      for (const id of ["1", "2"]) await enqueue(ctx, message(id, { payload }), ["a"]);
      const handed = await expectHanded(ctx, [pair("1", "a"), pair("2", "a")]);
      assert.deepEqual(
        handed.map((one) => textOf(one.message)),
        ["the same", "the same"],
      );
    },
  },
  {
    id: "durability/enqueue/nobody",
    rule: "Enqueueing for nobody is complete success.",
    slot: "durability",
    async run(ctx) {
      await enqueue(ctx, message("m"), []);
      await attach(ctx, ["a"]);
      await enqueue(ctx, message("m"), ["a"]);
      await expectHanded(ctx, [pair("m", "a")]);
      await expectNothing(ctx);
    },
  },
];

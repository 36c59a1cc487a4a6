/** What a body is: any bytes, exactly, up to the limit. */

import assert from "node:assert/strict";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { arrived, expectTexts, hexOf, LARGEST_BODY_BYTES, listen, message, publish, refused } from "./support.ts";

/** Sends the bodies to an address and asserts that another process gets exactly these. */
async function expectExact(ctx: MessagingContext, bodies: readonly Uint8Array[]): Promise<void> {
  const sent = bodies.map(hexOf);
  const listener = await listen(ctx, ["a"], { at: await ctx.peer() });
  for (const body of bodies) await publish(ctx, [message("a", body)]);
  const deliveries = await arrived(ctx, listener, bodies.length);
  const got = deliveries.map(({ body }) => {
    assert.ok(body instanceof Uint8Array, "a body is a Uint8Array");
    return hexOf(body);
  });
  assert.deepEqual([...new Set(got)].toSorted(), [...new Set(sent)].toSorted());
}

const everyByte: MessagingCase = {
  id: "messaging/body/every-byte",
  rule: "Every byte value arrives as it was sent.",
  slot: "messaging",
  async run(ctx) {
    await expectExact(ctx, [Uint8Array.from({ length: 256 }, (_, index) => index)]);
  },
};

const noText: MessagingCase = {
  id: "messaging/body/not-text",
  rule: "A body that is no UTF-8, or begins like a byte order mark, arrives byte for byte.",
  slot: "messaging",
  async run(ctx) {
    const bodies = [
      [0x80],
      [0xff, 0xfe],
      [0xc3],
      [0xed, 0xa0, 0x80],
      [0xef, 0xbb, 0xbf, 0x41],
      [0xf4, 0x90, 0x80, 0x80],
    ];
    await expectExact(
      ctx,
      [...bodies, [0x00, 0x00], [0x0d, 0x0a], [0x7b, 0x22]].map((bytes) => Uint8Array.from(bytes)),
    );
  },
};

const oneByte: MessagingCase = {
  id: "messaging/body/one-byte",
  rule: "A body of one byte arrives, whatever the byte.",
  slot: "messaging",
  async run(ctx) {
    await expectExact(
      ctx,
      [0, 1, 10, 127, 128, 255].map((byte) => Uint8Array.of(byte)),
    );
  },
};

const empty: MessagingCase = {
  id: "messaging/body/empty",
  rule: "An empty body is a message like any other, and arrives as an empty body.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a", "b"]);
    await publish(ctx, [message("a", "before"), message("b"), message("a", "after")]);
    await expectTexts(ctx, listener, ["before", "", "after"]);
    const delivery = listener.deliveries.find(({ address }) => address === "b");
    assert.ok(delivery?.body instanceof Uint8Array, "an empty body is not absent");
    assert.equal(delivery.body.length, 0);
  },
};

const view: MessagingCase = {
  id: "messaging/body/part-of-a-buffer",
  rule: "A body that is part of a larger buffer arrives as that part.",
  slot: "messaging",
  async run(ctx) {
    const whole = Uint8Array.from({ length: 64 }, (_, index) => index);
    await expectExact(ctx, [whole.subarray(8, 24), whole.subarray(60), whole.subarray(0, 1)]);
  },
};

const largest: MessagingCase = {
  id: "messaging/body/largest",
  rule: "A body of exactly maxPayloadBytes arrives.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxPayloadBytes <= LARGEST_BODY_BYTES,
  async run(ctx) {
    const body = new Uint8Array(ctx.backend.traits.maxPayloadBytes).fill(0xa5);
    body.set([1, 2, 3], 0);
    body.set([4, 5, 6], body.length - 3);
    const listener = await listen(ctx, ["a"], { at: await ctx.peer() });
    await publish(ctx, [message("a", body)]);
    const [delivery] = await arrived(ctx, listener, 1);
    assert.ok(Buffer.from(body).equals(delivery?.body ?? new Uint8Array()), "it arrived changed");
  },
};

const tooLarge: MessagingCase = {
  id: "messaging/body/too-large",
  rule: "A batch with a body over maxPayloadBytes is refused with PAYLOAD_TOO_LARGE before anything of it is sent.",
  slot: "messaging",
  applies: ({ traits }) => traits.maxPayloadBytes <= LARGEST_BODY_BYTES && traits.maxBatch >= 2,
  async run(ctx) {
    const maxBytes = ctx.backend.traits.maxPayloadBytes;
    const listener = await listen(ctx, ["a"]);
    const batch = [message("a", "small"), message("a", new Uint8Array(maxBytes + 1))];
    const error = await refused(ctx.backend.publishMany(batch, ctx.call), "PAYLOAD_TOO_LARGE");
    assert.deepEqual({ ...error.detail }, { bytes: maxBytes + 1, maxBytes });
    assert.equal(error.mayHaveApplied, false, "nothing was sent");
    await expectTexts(ctx, listener, []);
  },
};

const reused: MessagingCase = {
  id: "messaging/body/free-after-publishing",
  rule: "Once publishMany has settled, the publisher may write into the same bytes again; receivers get what they were.",
  slot: "messaging",
  async run(ctx) {
    const listener = await listen(ctx, ["a"], { at: await ctx.peer() });
    const scratch = new Uint8Array(4);
    const texts = Array.from({ length: 24 }, (_, index) => String(1_000 + index));
    for (const text of texts) {
      scratch.set(new TextEncoder().encode(text));
      await publish(ctx, [message("a", scratch)]);
      scratch.fill(0x21);
    }
    await expectTexts(ctx, listener, texts);
  },
};

const owned: MessagingCase = {
  id: "messaging/body/owned-by-the-receiver",
  rule: "What a receiver writes into a delivery is seen neither by the publisher nor by another receiver.",
  slot: "messaging",
  async run(ctx) {
    const listeners = [await listen(ctx, ["a"]), await listen(ctx, ["a"])];
    const body = new TextEncoder().encode("one");
    await publish(ctx, [message("a", body)]);
    await publish(ctx, [message("a", "two")]);
    for (const listener of listeners) {
      await expectTexts(ctx, listener, ["one", "two"]);
      for (const delivery of listener.deliveries) delivery.body.fill(0x21);
    }
    assert.equal(new TextDecoder().decode(body), "one", "the publisher's own bytes");
  },
};

export const bodyCases: readonly MessagingCase[] = [
  ...[everyByte, noText, oneByte, empty, view],
  ...[largest, tooLarge, reused, owned],
];

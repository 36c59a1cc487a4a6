/** What headers are: a few names and values beside the body. */

import assert from "node:assert/strict";
import type { Headers } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { arrived, listen, message, publish, textOf } from "./support.ts";

/** Sends a message with each of the headers in one batch, or several, and asserts that each arrives with its own. */
async function expectHeaders(ctx: MessagingContext, all: readonly Headers[]): Promise<void> {
  const listener = await listen(ctx, ["a"], { at: await ctx.peer() });
  const batch = all.map((headers, index) => message("a", String(index), headers));
  const { maxBatch } = ctx.backend.traits;
  for (let start = 0; start < batch.length; start += maxBatch) await publish(ctx, batch.slice(start, start + maxBatch));
  for (const delivery of await arrived(ctx, listener, all.length)) {
    assert.deepEqual({ ...delivery.headers }, all[Number(textOf(delivery))], `headers of message ${textOf(delivery)}`);
  }
}

const roundTrip: MessagingCase = {
  id: "messaging/headers/arrive",
  rule: "Headers arrive with their names and values, and no others with them.",
  slot: "messaging",
  async run(ctx) {
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`x-${index}`, `value ${index}`]));
    await expectHeaders(ctx, [
      { "muster-version": "1", "content-type": "text/plain; charset=utf-8", "muster-sent-at": "1700000000000" },
      { a: "1" },
      many,
    ]);
  },
};

const none: MessagingCase = {
  id: "messaging/headers/none",
  rule: "A message without headers arrives without headers.",
  slot: "messaging",
  async run(ctx) {
    await expectHeaders(ctx, [{}]);
  },
};

/** What identities and content types can look like: anything but control characters, and never nothing. */
const VALUES = [
  "with spaces inside",
  " before and after ",
  "capteur-é",
  "e\u0301",
  "\u6e2c\u5b9a",
  "\u{1f600}",
  "\u2028",
  "a: b",
  '"quoted"',
  "100%25",
  "=?utf-8?q?no?=",
  "back\\slash",
  "a,b;c=d",
  "null",
  "x".repeat(256),
];

const values: MessagingCase = {
  id: "messaging/headers/any-text",
  rule: "The value of a header is any text that an identity may be: spaces at its ends and all of Unicode stay as they are.",
  slot: "messaging",
  async run(ctx) {
    await expectHeaders(
      ctx,
      VALUES.map((value) => ({ "muster-identity": value })),
    );
  },
};

const each: MessagingCase = {
  id: "messaging/headers/of-their-own-message",
  rule: "Each message of a batch arrives with its own headers, whatever the others carry.",
  slot: "messaging",
  async run(ctx) {
    await expectHeaders(ctx, [{ "x-kind": "first" }, {}, { "x-other": "third" }, { "x-kind": "fourth" }]);
  },
};

const MANY = 3_000;

const manyAlike: MessagingCase = {
  id: "messaging/headers/of-many-that-are-alike",
  rule: "Of thousands of messages that differ little each arrives on its own address, with its own headers and body.",
  slot: "messaging",
  async run(ctx) {
    const addresses = ["a", "bc", "d", "e"];
    const body = new TextEncoder().encode("the same for all");
    const batch = Array.from({ length: MANY }, (_, index) => ({
      ...message(addresses[index % addresses.length] ?? "", body),
      headers: { "muster-id": "one", "muster-identity": `sensor-${index < 3 ? index : 1_000 + index}` },
    }));
    const listener = await listen(ctx, addresses, { at: await ctx.peer(), prefetch: MANY });
    const { maxBatch } = ctx.backend.traits;
    for (let start = 0; start < MANY; start += maxBatch) await publish(ctx, batch.slice(start, start + maxBatch));
    const sent = new Set(batch.map(({ address, headers }) => JSON.stringify([address, ...Object.values(headers)])));
    for (const delivery of await arrived(ctx, listener, MANY)) {
      const { "muster-id": id, "muster-identity": identity, ...others } = delivery.headers;
      assert.ok(sent.has(JSON.stringify([delivery.address, id, identity])), `${identity} on ${delivery.address}`);
      assert.deepEqual([others, textOf(delivery)], [{}, "the same for all"]);
      sent.delete(JSON.stringify([delivery.address, id, identity]));
      if (sent.size === 0) return;
    }
    assert.equal(sent.size, 0, "have not arrived");
  },
};

export const headerCases: readonly MessagingCase[] = [roundTrip, none, values, each, manyAlike];

/** Metadata comes back as the same JSON, from every read and whatever it holds. */

import assert from "node:assert/strict";
import type { Metadata } from "@muster/filter";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { collect, entry, expectStored, numbered, settled, storeAll, storeOne } from "../support.ts";

/** Everything beside the metadata that may belong to a record. */
const REST_OF_RECORD_BYTES = 2_048;

/** A registry that keeps these documents, each as a registration of its own, created or updated. */
function keeps(id: string, rule: string, documents: () => readonly Metadata[]): RegistryCase {
  return {
    id: `registry/metadata/${id}`,
    rule,
    slot: "registry",
    applies: ({ traits }) => documents().every((one) => JSON.stringify(one).length * 3 < recordRoom(traits)),
    run: async (ctx) => expectKept(ctx, documents()),
  };
}

function recordRoom({ maxRecordBytes }: RegistryContext["backend"]["traits"]): number {
  return maxRecordBytes - REST_OF_RECORD_BYTES;
}

async function expectKept(ctx: RegistryContext, documents: readonly Metadata[]): Promise<void> {
  const identities = numbered("document", documents.length + 1).slice(0, documents.length);
  const given = new Map(identities.map((identity, index) => [identity, documents[index] ?? {}]));
  const created = await storeAll(
    ctx,
    [...given].map(([identity, metadata]) => entry(identity, { metadata })),
  );
  const peer = await ctx.peer();
  for (const { identity, metadata } of created)
    assert.deepEqual(metadata, given.get(identity), "as its outcome has it");
  for (const registration of created) await expectStored(ctx, registration.identity, registration, peer);
  const changed = await storeOne(ctx, entry(identities[0] ?? "none", { metadata: { changed: true }, mode: "replace" }));
  const { identity, epoch } = changed;
  await storeOne(ctx, entry(identity, { metadata: given.get(identity) ?? {}, mode: { epoch } }));
  await settled(ctx, async () => {
    const scanned = await collect(peer.scan({ pageSize: 2 }, ctx.call));
    assert.deepEqual(new Map(scanned.map((one) => [one.identity, one.metadata])), given);
  });
}

function nested(depth: number): Metadata {
  let document: Metadata = { bottom: [] };
  for (let level = 2; level < depth; level++) document = { down: document };
  return document;
}

export const metadataCases: readonly RegistryCase[] = [
  keeps("empty-lists-stay-lists", "An empty list stays a list, and an empty object an object.", () => [
    { list: [], object: {} },
    { in: [[], {}, [[]], [{}]] },
    {},
  ]),
  keeps("null-and-false-and-empty-are-values", "null, false, 0 and the empty string are kept, also in lists.", () => [
    { null: null, false: false, zero: 0, empty: "" },
    { in: [null, false, 0, "", null] },
  ]),
  keeps("numbers-keep-every-bit", "A number comes back as the same double, from the smallest to the largest.", () => [
    { edge: 2 ** 53 - 1, beyond: 2 ** 53, above: 2 ** 53 + 2, below: -(2 ** 53) - 2 },
    { small: 5e-324, normal: 2.2250738585072014e-308, large: Number.MAX_VALUE, epsilon: 1e-7 },
    { sum: 0.1 + 0.2, third: 1 / 3, pi: Math.PI, negative: -1.7976931348623157e308, big: 123_456_789_012_345_680_000 },
    { zero: 0, one: 1, minus: -1, ten: 10, million: 1e21, int32: 2 ** 31, uint32: 2 ** 32 },
  ]),
  keeps("types-are-not-guessed", "Text that looks like a number, a date or JSON stays text.", () => [
    { number: "1", zero: "007", big: "12345678901234567890", exponent: "1e3", float: "1.0" },
    { date: "2024-02-30", instant: "2024-01-01T00:00:00.000Z", true: "true", null: "null", json: '{"a":[1]}' },
  ]),
  keeps("text-of-every-script", "Text comes back code point by code point, in the normal form that it had.", () => [
    { composed: "\u00e9", decomposed: "e\u0301", hangul: "\u1100\u1161", emoji: "\u{1f469}\u200d\u{1f680}" },
    { astral: "\u{10ffff}", private: "\ue000", bom: "\ufeffx", rtl: "\u05d0\u202e", line: "\u2028" },
    { control: "\u0001\u001f\u007f\t\r\n", quotes: `'"\`\\/`, spaces: "  x  ", injection: "'; DROP TABLE x; --" },
  ]),
  keeps(
    "keys-of-every-kind",
    "Any text is a key: dots, `$`, spaces, the empty one, and what JavaScript has its own idea of.",
    () => [
      { "a.b": 1, a: { b: 2 }, "a.": 3, ".": 4, "": 5, $set: 6, $: 7, "a b": 8, "*": 9, "%": 10, "'": 11, '"': 12 },
      { constructor: 1, prototype: { x: 1 }, toString: "x", hasOwnProperty: null, length: 0, "0": "zero", _id: 1 },
      JSON.parse('{"__proto__":{"polluted":true},"nested":{"__proto__":1}}') as Metadata,
      { caf\u00e9: 1, "cafe\u0301": 2, Key: 1, key: 2, "\u{1f600}": 3 },
    ],
  ),
  keeps("thirty-two-levels", "Objects and lists are kept to a depth of 32.", () => [nested(32)]),
  keeps("long-lists", "A list keeps its length and its order, however long it is.", () => [
    { list: Array.from({ length: 5_000 }, (_, index) => index) },
    { mixed: Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? { index } : [index, null])) },
  ]),
  {
    id: "registry/metadata/sixty-four-kilobytes",
    rule: "Metadata of 64 KiB of JSON text is kept, whatever it costs in UTF-16 or UTF-8.",
    slot: "registry",
    applies: ({ traits }) => recordRoom(traits) >= 65_536,
    async run(ctx) {
      const ascii = { text: "x".repeat(65_536 - 11) };
      const wide = { text: "\u20ac".repeat((65_536 - 12) / 3) };
      const many = Object.fromEntries(numbered("field", 3_000).map((name, index) => [name, index]));
      await expectKept(ctx, [ascii, wide, many]);
    },
  },
  {
    id: "registry/metadata/belongs-to-nobody-else",
    rule: "What the writer does to its object later, or a reader to what it has read, changes nothing that is stored.",
    slot: "registry",
    async run(ctx) {
      const metadata = { list: [1], deep: { n: 1 } };
      const stored = await storeOne(ctx, entry("a", { metadata }));
      metadata.list.push(2);
      metadata.deep.n = 2;
      const [read] = await ctx.backend.getMany(["a"], ctx.call);
      for (const { metadata: theirs } of [stored, ...(read ? [read] : [])]) {
        Reflect.set(theirs, "list", "changed");
        const { deep } = theirs;
        if (typeof deep === "object" && deep !== null) Reflect.set(deep, "n", 3);
      }
      await settled(ctx, async () => {
        const [again] = await ctx.backend.getMany(["a"], ctx.call);
        assert.deepEqual(again?.metadata, { list: [1], deep: { n: 1 } });
      });
    },
  },
];

import assert from "node:assert/strict";
import type { FilterInput, Metadata } from "@muster/filter";
import { describe, expect, test } from "vitest";
import type { RegistryBackend } from "../../src/slots/index.ts";
import type { SchemaDefinition } from "../../src/schema/definition.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets, type ProcessOptions } from "../support/fleets.ts";
import { interposed } from "../support/interposed.ts";

const TEXT = '{"__proto__":{"x":1},"constructor":2,"a.b":3,"$x":4,"hasOwnProperty":{"__proto__":5},"toString":"t"}';

/** From JSON text, where `__proto__` is a member like any other. */
function json<Value>(text: string): Value {
  return JSON.parse(text) as Value;
}

const filters = [
  '{"__proto__.x":1}',
  '{"__proto__":{"x":1}}',
  '{"__proto__":"*"}',
  '{"constructor":2}',
  '{"constructor":{"$in":[2,7]}}',
  '{"a\\\\.b":3}',
  '{"a\\\\.b.gte":3}',
  '{"\\\\$x":4}',
  '{"hasOwnProperty.__proto__":5}',
  '{"toString.startswith":"t"}',
  '{"$not":{"constructor.exists":false}}',
];

const ways: readonly (readonly [string, ProcessOptions])[] = [
  ["by the store", {}],
  [
    "by core",
    { registry: (plain: RegistryBackend) => interposed(plain, { filters: () => undefined, counts: () => undefined }) },
  ],
  [
    "by an index",
    {
      schema: json<SchemaDefinition>(
        '{"fields":{"__proto__.x":{"type":"int","index":true},"constructor":{"type":"int","index":true},' +
          '"a\\\\.b":{"type":"int","index":true},"\\\\$x":{"type":"int","index":true},' +
          '"toString":{"type":"string","index":true}}}',
      ),
    },
  ],
];

describe.each(ways)("keys that mean something to JavaScript or to filters are data, selected %s:", (_way, options) => {
  test("register, get, enumerate, identities, count and multicast", async () => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open(options);
    const received: string[] = [];
    const hostile = await fleet.register("hostile", json(TEXT), {
      onMessage: (message) => void received.push(message.text()),
    });
    await fleet.register("plain", { a: { b: 3 }, x: 1 }, { onMessage: () => assert.fail("it was not meant") });
    expect(JSON.stringify(hostile.metadata)).toBe(TEXT);
    const own = json<Metadata>(TEXT);
    assert.deepStrictEqual((await fleet.get("hostile"))?.metadata, own);
    for (const text of filters) {
      const filter = json<FilterInput>(text);
      expect([text, await fleet.count(filter)]).toEqual([text, 1]);
      const { identities } = await fleet.enumerate(filter);
      expect([text, identities.map(({ identity }) => identity)]).toEqual([text, ["hostile"]]);
      for await (const { metadata } of fleet.identities(filter)) assert.deepStrictEqual(metadata, own);
      expect(await fleet.multicast(filter, text)).toMatchObject({ targetCount: 1, deliveredCount: 1 });
    }
    await eventually("all messages arrive", () => received.length >= filters.length);
    expect(received).toEqual(filters);
    expect(await fleet.count({ "a.b": 3 })).toBe(1);
  });

  test("sorting, projection, update and deletion of a member", async () => {
    await using fleets = new Fleets();
    const { fleet } = await fleets.open(options);
    const handle = await fleet.register("hostile", json(TEXT));
    const plain = await fleet.register("a-plain-one", {});
    for (const sortBy of [["constructor"], ["__proto__.x"], ["a\\.b"], ["\\$x desc"]]) {
      const { identities } = await fleet.enumerate(null, { sortBy });
      expect(identities.map(({ identity }) => identity)).toEqual(["hostile", "a-plain-one"]);
    }
    const { identities } = await fleet.enumerate(
      { $identity: "hostile" },
      { projection: ["__proto__.x", "a\\.b", "\\$x", "valueOf"] },
    );
    assert.deepStrictEqual(identities[0]?.metadata, json('{"__proto__":{"x":1},"a.b":3,"$x":4}'));
    const patch = json<Record<string, unknown>>('{"__proto__":{"y":6},"$x":5}');
    await handle.update({ ...Object.fromEntries([["constructor", undefined]]), ...patch } as Metadata);
    const after = json<Metadata>('{"$x":5,"a.b":3,"hasOwnProperty":{"__proto__":5},"toString":"t"}');
    Object.defineProperty(after, "__proto__", {
      value: { x: 1, y: 6 },
      enumerable: true,
      configurable: true,
      writable: true,
    });
    assert.deepStrictEqual((await fleet.get("hostile"))?.metadata, after);
    expect(await fleet.count({ "constructor.exists": true })).toBe(0);
    await plain.update(json('{"__proto__":{"y":1},"valueOf":{"z":2}}'));
    assert.deepStrictEqual(
      (await fleet.get("a-plain-one"))?.metadata,
      json<Metadata>('{"__proto__":{"y":1},"valueOf":{"z":2}}'),
    );
    expect(Object.hasOwn(Object.prototype, "x") || Object.hasOwn(Object.prototype, "y")).toBe(false);
  });
});

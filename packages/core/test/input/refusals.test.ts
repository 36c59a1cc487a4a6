import { corpus } from "@muster/filter/corpus";
import type { FilterInput, Metadata } from "@muster/filter";
import { describe, expect, test } from "vitest";
import type { Fleet, Handle } from "../../src/fleet.ts";
import type { SchemaDefinition } from "../../src/schema/definition.ts";
import { isMusterError } from "../../src/slots/index.ts";
import { rejected, spelled } from "../support/codes.ts";
import { eventually } from "../support/eventually.ts";
import { Fleets } from "../support/fleets.ts";

/** A fleet with one registration, and a look at whether anything about it has changed. */
interface Settled {
  readonly fleet: Fleet;
  readonly handle: Handle;
  expectUnchanged(): Promise<void>;
}

async function settle(fleets: Fleets, schema?: SchemaDefinition): Promise<Settled> {
  const { fleet } = await fleets.open({
    timing: { sessionLeaseMs: 5_000, ttlMs: 20_000 },
    ...(schema === undefined ? {} : { schema }),
  });
  const received: string[] = [];
  const onMessage = (message: { text(): string }): void => void received.push(message.text());
  const handle = await fleet.register("standing", { name: "x" }, { onMessage });
  const state = async (): Promise<object> => ({
    ...(await fleet.enumerate(null, { count: true })),
    serving: fleet.status().serving,
    handle: { metadata: handle.metadata, epoch: handle.epoch, revision: handle.revision },
  });
  const before = await state();
  const expectUnchanged = async (): Promise<void> => {
    expect(await state()).toEqual(before);
    await fleet.multicast({ $identity: "standing" }, "afterwards");
    await eventually("a message arrives", () => received.length > 0);
    expect(received).toEqual(["afterwards"]);
  };
  return { fleet, handle, expectUnchanged };
}

describe("an identity is INVALID_IDENTITY to every verb, and nothing changes:", () => {
  test.each<readonly [string, unknown]>([
    ["empty", ""],
    ["257 bytes", "x".repeat(257)],
    ["257 bytes of UTF-8", `${"é".repeat(128)}x`],
    ["NUL", "a\0"],
    ["a line feed", "a\nb"],
    ["DEL", "\u007f"],
    ["a C1 control", "a\u0085"],
    ["a lone surrogate", "\ud800"],
    ["a leading $", "$a"],
    ["a session's", "$session/1"],
    ["no string", 7],
  ])("%s", async (_what, value) => {
    await using fleets = new Fleets();
    const { fleet, expectUnchanged } = await settle(fleets);
    const identity = value as string;
    await rejected("INVALID_IDENTITY", fleet.register(identity, {}));
    await rejected("INVALID_IDENTITY", fleet.register(identity, {}, { replace: true }));
    await rejected("INVALID_IDENTITY", fleet.get(identity));
    await rejected("INVALID_IDENTITY", fleet.unregister(identity));
    await expectUnchanged();
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

const cyclic: Record<string, unknown> = {};
cyclic["self"] = { back: cyclic };

describe("metadata is INVALID_METADATA to register, replace and update, and nothing changes:", () => {
  test.each<readonly [string, unknown, string]>([
    ["NUL in a value", { a: "x\0" }, "a"],
    ["NUL in a key", { "x\0": 1 }, "x\0"],
    ["a lone surrogate in a value", { a: { b: "\ud800" } }, "a.b"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "\udc00"],
    ["NaN", { a: [0, Number.NaN] }, "a.1"],
    ["Infinity", { a: Number.POSITIVE_INFINITY }, "a"],
    ["a cycle", cyclic, "self.back"],
    ["a function", { a: () => 1 }, "a"],
    ["a Map", { a: new Map() }, "a"],
    ["a Date", { a: new Date(0) }, "a"],
    ["a bigint", { a: 1n }, "a"],
    ["depth 33", nested(33), Array(32).fill("a").join(".")],
    ["65 KiB", { a: "x".repeat(65 * 1_024) }, ""],
    ["null", null, ""],
    ["an array", [], ""],
  ])("%s", async (_what, value, path) => {
    await using fleets = new Fleets();
    const { fleet, handle, expectUnchanged } = await settle(fleets);
    const metadata = value as Metadata;
    for (const attempt of [
      () => fleet.register("new", metadata),
      () => fleet.register("standing", metadata, { replace: true }),
      () => handle.update(metadata),
    ]) {
      const { detail } = await rejected("INVALID_METADATA", attempt());
      expect(detail.violations.map((violation) => violation.path)).toContain(path);
    }
    await expectUnchanged();
  });
});

test("what a schema forbids is listed whole by register, replace and update, and nothing changes", async () => {
  await using fleets = new Fleets();
  const { fleet, handle, expectUnchanged } = await settle(fleets, {
    fields: {
      name: { type: "string", required: true, max_length: 3 },
      status: { type: "enum", values: ["on", "off"] },
      cores: { type: "int" },
      version: { type: "semver" },
      seen: { type: "timestamp" },
      at: { type: "geo_point" },
      tags: { type: "array", items: "string" },
    },
  });
  const wrong = {
    name: "long",
    status: "broken",
    cores: 1.5,
    version: "v1",
    seen: "2024-01-01",
    at: { lat: 91, lon: 0 },
    tags: ["a", 1],
  };
  const paths = ["at", "cores", "name", "seen", "status", "tags.1", "version"];
  for (const attempt of [
    () => fleet.register("new", wrong),
    () => fleet.register("standing", wrong, { replace: true }),
    () => handle.update(wrong),
  ]) {
    const { detail } = await rejected("INVALID_METADATA", attempt());
    expect(detail.violations.map(({ path }) => path).toSorted()).toEqual(paths);
  }
  const missing = await rejected("INVALID_METADATA", fleet.register("new", {}));
  expect(spelled(missing.detail.violations)).toEqual([expect.stringMatching(/^name /)]);
  await rejected("INVALID_METADATA", handle.update({ name: undefined }));
  await expectUnchanged();
});

const refused = corpus.flatMap(({ cases }) => cases).filter(({ error }) => error !== undefined);

test("the corpus refuses filters of both kinds", () => {
  const ids = refused.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(100);
  expect(ids).toEqual(expect.arrayContaining(["limits/depth 6", "limits/21 clauses", "spellings/empty filter"]));
});

describe("a filter is refused by every verb that takes one, and nothing changes:", () => {
  test.each(refused)("$id", async ({ filter: value, schema, error }) => {
    await using fleets = new Fleets();
    const { fleet, expectUnchanged } = await settle(fleets, schema as SchemaDefinition | undefined);
    const filter = value as FilterInput;
    const codes: string[] = [];
    // To a read no filter is everyone, and so is null to all.
    const reads =
      value === undefined || value === null
        ? []
        : [fleet.count(filter), fleet.enumerate(filter), fleet.identities(filter).next()];
    const calls = value === null ? reads : [...reads, fleet.multicast(filter, "refused")];
    for (const outcome of await Promise.allSettled(calls)) {
      const reason: unknown = outcome.status === "rejected" ? outcome.reason : undefined;
      codes.push(isMusterError(reason) ? reason.code : "accepted");
    }
    expect(codes).toEqual(calls.map(() => error));
    await expectUnchanged();
  });
});

test("a cursor of another filter, order or namespace, or none at all, is INVALID_CURSOR", async () => {
  await using fleets = new Fleets();
  const { fleet, expectUnchanged } = await settle(fleets);
  const { fleet: elsewhere } = await fleets.open({ namespace: "elsewhere" });
  for (const name of ["a", "b"]) await elsewhere.register(name, {});
  const filter = { "name.exists": false };
  const { nextCursor: cursor = "" } = await elsewhere.enumerate(filter, { limit: 1 });
  expect((await elsewhere.enumerate(filter, { limit: 1, cursor })).identities).toMatchObject([{ identity: "b" }]);
  await rejected("INVALID_CURSOR", fleet.enumerate(filter, { cursor }));
  await rejected("INVALID_CURSOR", elsewhere.enumerate(null, { cursor }));
  await rejected("INVALID_CURSOR", elsewhere.enumerate(filter, { cursor, sortBy: ["name"] }));
  for (const other of ["", "b", cursor.slice(1)]) {
    await rejected("INVALID_CURSOR", elsewhere.enumerate(filter, { cursor: other }));
  }
  await expectUnchanged();
});

test("a payload over the slot's limit is PAYLOAD_TOO_LARGE, and reaches nobody", async () => {
  await using fleets = new Fleets();
  const { fleet, expectUnchanged } = await settle(fleets);
  const { detail } = await rejected("PAYLOAD_TOO_LARGE", fleet.multicast(null, new Uint8Array(2 ** 20 + 1)));
  expect(detail.bytes).toBe(2 ** 20 + 1);
  await rejected("PAYLOAD_TOO_LARGE", fleet.multicast(null, "x".repeat(detail.maxBytes + 1)));
  await expectUnchanged();
});

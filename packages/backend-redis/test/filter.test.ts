import type { Call, RegistryBackend, Scope } from "@muster/core/slots";
import { parseFilter, type Path, splitForEvaluator } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace } from "@muster/testing";
import { describeIndexedFilters, evaluated, filling, SEED, selected, sensors } from "@muster/testing/filters";
import { beforeAll, describe, expect, test } from "vitest";
import { type Narrowing, narrowingOf } from "../src/filter.ts";
import { redisRegistry } from "../src/registry.ts";
import { schemaOf } from "./indexes/support.ts";

const CALL: Call = { signal: new AbortController().signal };

const SCHEMA = schemaOf({ status: "string", battery: "float", zone: "string", at: "geo_point" });
const FIELDS: readonly Path[] = [["status"], ["battery"], ["zone"], ["at"]];

/** As it is sent, with names for indexes and marks for what is not to be seen. */
function written(narrowing: Narrowing | undefined): string {
  if (narrowing === undefined) return "everyone";
  if ("anyOf" in narrowing) return `any of (${narrowing.anyOf.map(written).join(", ")})`;
  if ("allOf" in narrowing) return `all of (${narrowing.allOf.map(written).join(", ")})`;
  const name = narrowing.index === "order" ? "$identity" : (FIELDS[narrowing.index]?.join(".") ?? "");
  const ranges = narrowing.ranges.map(({ min, max }) => `${shown(min)}..${max === undefined ? "" : shown(max)}`);
  return `${name} [${ranges.join(" ")}]`;
}

function shown(text: string): string {
  return text.replaceAll("\0", "~").replaceAll("\u0001", "~~");
}

/** Filter, native plan, what is left for the evaluator. */
const PLANS: readonly (readonly [filter: object, plan: string, residual?: object])[] = [
  [{ status: "online" }, "status [4online~..4online~~]"],
  [{ status: null }, "status [0~..0~~]"],
  [{ status: true }, "status [2~..2~~]"],
  [{ status: { $eq: { a: 1 } } }, "status [6~..6~~]"],
  [{ battery: 0 }, "battery [38000000000000000~..38000000000000000~~]"],
  [{ "battery.lt": 0.2 }, "battery [3..3bfc999999999999a~]"],
  [{ "battery.lte": -1 }, "battery [3..3400fffffffffffff~~]"],
  [{ "battery.gt": 1 }, "battery [3bff0000000000000~~..4]"],
  [{ battery: { $gte: 0.5, $lt: 1 } }, "battery [3bfe0000000000000~..3bff0000000000000~]"],
  [{ battery: { $gte: 1, $lt: 0.5 } }, "battery []"],
  [
    { "status.in": ["online", "away", 1] },
    "status [3bff0000000000000~..3bff0000000000000~~ 4away~..4away~~ 4online~..4online~~]",
  ],
  [{ "status.startswith": "on" }, "status [4on..4oo]"],
  [{ "status.startswith": "" }, "status [4..5]"],
  [{ "status.exists": true }, "status [0..7]"],
  [{ "status.type": "number" }, "status [3..4]"],
  [{ "status.regex": "^on.*e$" }, "status [4on..4oo]", { "status.regex": "^on.*e$" }],
  [{ "status.regex": "line" }, "everyone", { "status.regex": "line" }],
  [{ "status.ne": "online" }, "everyone"],
  [{ "status.nin": ["online"] }, "everyone"],
  [{ "status.exists": false }, "everyone"],
  [{ "status.contains": "n" }, "everyone"],
  [{ $not: { status: "online" } }, "everyone"],
  [{ other: 1 }, "everyone"],
  [{ $attached: true }, "everyone", { $attached: true }],
  [{ "$registeredAt.gt": 0 }, "everyone"],
  [{ $identity: "sensor-7" }, "$identity [sensor-7..sensor-7~]"],
  [{ $identity: { $startswith: "sensor-" } }, "$identity [sensor-..sensor.]"],
  [{ $identity: { $gt: "a", $lte: "b" } }, "$identity [a~..b~]"],
  [{ status: "online", zone: "a" }, "all of (status [4online~..4online~~], zone [4a~..4a~~])"],
  [{ status: "online", other: 1 }, "status [4online~..4online~~]"],
  [{ $or: [{ status: "online" }, { zone: "a" }] }, "any of (status [4online~..4online~~], zone [4a~..4a~~])"],
  [{ $or: [{ status: "online" }, { status: "away" }] }, "status [4away~..4away~~ 4online~..4online~~]"],
  [{ $or: [{ status: "online" }, { other: 1 }] }, "everyone"],
  [
    { zone: "a", $or: [{ status: "online" }, { "battery.gt": 1 }] },
    "all of (zone [4a~..4a~~], any of (status [4online~..4online~~], battery [3bff0000000000000~~..4]))",
  ],
  [{ "at.near": { lat: 0.1, lon: 0.1, radiusM: 0 } }, "at [5c00009242d909..5c00009242d909~~]"],
  [{ "at.within": { south: -90, north: 90, west: -180, east: 180 } }, "at [50000000000000..5fffffffffffff~~]"],
];

describe("native plans", () => {
  test.each(PLANS)("of %j", (input, plan, residual) => {
    const filter = parseFilter(input);
    const split = splitForEvaluator(filter);
    expect(written(split.native && narrowingOf(split.native, FIELDS))).toBe(plan);
    expect(split.residual).toEqual(residual && parseFilter(residual));
  });

  test("ask no index whose number is not to be asked, and none for versions", () => {
    expect(narrowingOf(parseFilter({ status: "online" }), [undefined, ["battery"]])).toBeUndefined();
    const schema = { fields: { status: { type: "semver" } } };
    expect(narrowingOf(parseFilter({ "status.gte": "1.0" }, { schema }), FIELDS)).toBeUndefined();
  });
});

await withServer("redis", { persistent: false }, ({ url }) => {
  const open = async (scope: Partial<Scope>): Promise<RegistryBackend> => {
    const registry = redisRegistry({ url });
    await registry.open({ namespace: freshNamespace(), ...scope }, CALL);
    return registry;
  };
  const fill = filling(open);

  describe("native plans, executed", () => {
    const documents = sensors(SEED, "EVAL 'return 1' 0");
    let registry: RegistryBackend;
    beforeAll(async () => {
      registry = await fill(documents, SCHEMA);
      return async () => registry.close();
    });

    test.each(PLANS)("%j", async (input) => {
      const filter = parseFilter(input);
      expect(await selected(registry, filter)).toEqual(evaluated(documents, filter));
    });
  });

  describeIndexedFilters(fill);
});

import { describe, expectTypeOf, it } from "vitest";
import {
  type Field,
  type FieldKey,
  type FieldValue,
  type Filter,
  type FilterInput,
  type Metadata,
  where,
  whereIn,
} from "../src/index.ts";

interface Drone {
  status: "online" | "offline";
  battery: number;
  tags: readonly string[];
  seen: string | Date;
  owner?: { name: string; team?: { id: number } };
  location: { lat: number; lon: number };
  "a.b": boolean;
  $x: number;
  extra: Metadata;
}

const drone = whereIn<Drone>();

describe("FieldKey", () => {
  it("is every dotted key, escaped, and never into arrays", () => {
    expectTypeOf<FieldKey<{ a: number; o: { p?: { q: string } }; list: { x: 1 }[]; "a.b": 1; $y: 2 }>>().toEqualTypeOf<
      "a" | "o" | "o.p" | "o.p.q" | "list" | "a\\.b" | "\\$y"
    >();
    expectTypeOf<FieldKey<Metadata>>().toEqualTypeOf<string>();
  });
});

describe("FieldValue", () => {
  it("is the type there, without undefined", () => {
    expectTypeOf<FieldValue<Drone, "battery">>().toEqualTypeOf<number>();
    expectTypeOf<FieldValue<Drone, "owner.name">>().toEqualTypeOf<string>();
    expectTypeOf<FieldValue<Drone, "owner.team.id">>().toEqualTypeOf<number>();
    expectTypeOf<FieldValue<Drone, "a\\.b">>().toEqualTypeOf<boolean>();
  });
});

describe("FilterInput", () => {
  it("accepts every spelling over its keys", () => {
    expectTypeOf({ status: "online", "battery.lt": 0.2 } as const).toExtend<FilterInput<Drone>>();
    const filters: FilterInput<Drone>[] = [
      { battery: { $gte: 0.1, $lt: 0.2, $not: { $eq: 0.15 } } },
      { battery: "*", "owner.team.id.in": [1, 2], "a\\.b": true, "\\$x.gt": 1 },
      { $or: [{ "tags.contains": "x" }, { $not: { "location.near": { lat: 0, lon: 0, radiusM: 1 } } }] },
      { "status.startswith": "on", "owner.exists": false, "battery.type": "number", $identity: { $startswith: "x" } },
      { "seen.lt": new Date(), seen: { $gt: "2024-01-01T00:00:00Z" } },
      { "extra.anything": 5, $attached: true, $registeredAt: { $gte: 0 } },
    ];
    expectTypeOf(filters).toExtend<FilterInput<Drone>[]>();
  });

  it("refuses unknown keys and operands of other types", () => {
    // @ts-expect-error no such field
    expectTypeOf<FilterInput<Drone>>({ colour: "red" });
    // @ts-expect-error no such value
    expectTypeOf<FilterInput<Drone>>({ status: "broken" });
    // @ts-expect-error a number is not ordered with text
    expectTypeOf<FilterInput<Drone>>({ "battery.lt": "low" });
    // @ts-expect-error a number has no prefix
    expectTypeOf<FilterInput<Drone>>({ "battery.startswith": "0" });
    // @ts-expect-error elements are text
    expectTypeOf<FilterInput<Drone>>({ "tags.contains": 5 });
    // @ts-expect-error no such operator
    expectTypeOf<FilterInput<Drone>>({ battery: { $below: 1 } });
    // @ts-expect-error exists takes a boolean
    expectTypeOf<FilterInput<Drone>>({ "battery.exists": 1 });
    // @ts-expect-error not into arrays
    expectTypeOf<FilterInput<Drone>>({ "tags.0": "x" });
  });

  it("accepts any key over plain metadata, with the combinators checked", () => {
    expectTypeOf({ "anything.at.all": { $lt: 5 }, $and: [{ x: 1 }] }).toExtend<FilterInput>();
    // @ts-expect-error combinators take filters
    expectTypeOf<FilterInput>({ $and: { x: 1 } });
  });
});

describe("where", () => {
  it("knows the operands of each field", () => {
    expectTypeOf(drone("battery").lt(0.2)).toEqualTypeOf<Filter>();
    expectTypeOf<Parameters<Field<"on" | "off">["in"]>[0]>().toEqualTypeOf<readonly ("on" | "off")[]>();
    expectTypeOf<Parameters<Field<number>["startswith"]>[0]>().toEqualTypeOf<never>();
    expectTypeOf<Parameters<Field<string | Date>["lt"]>[0]>().toEqualTypeOf<string | Date>();
    expectTypeOf(drone("seen").lt(new Date())).toEqualTypeOf<Filter>();
    expectTypeOf(where("whatever").eq([{ any: "JSON" }])).toEqualTypeOf<Filter>();
    // @ts-expect-error no such field
    drone("colour");
    // @ts-expect-error no such value
    drone("status").eq("broken");
  });
});

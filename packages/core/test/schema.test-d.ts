import { expectTypeOf } from "vitest";
import type { FilterInput, JsonObject, JsonValue, Metadata } from "@muster/filter";
import { defineSchema } from "../src/schema/compile.ts";
import type { GeoPointMetadata, InputOf, MetadataOf } from "../src/schema/infer.ts";
import type { IdentitySchema } from "../src/slots/index.ts";

const users = defineSchema({
  primary_key: "user_id",
  fields: {
    user_id: { type: "string", required: true },
    display_name: { type: "string", required: true, max_length: 100 },
    status: { type: "enum", values: ["online", "away"], default: "away" },
    role: { type: "enum", values: ["admin", "guest"], required: true, default: "guest" },
    room: "string",
    seen: { type: "timestamp", auto: "now", required: true },
    capabilities: { type: "array", items: "string" },
    anything: { type: "array" },
  },
});

expectTypeOf<MetadataOf<typeof users>>().toEqualTypeOf<{
  readonly user_id: string;
  readonly display_name: string;
  readonly status?: "online" | "away";
  readonly role: "admin" | "guest";
  readonly room?: string;
  readonly seen: string;
  readonly capabilities?: readonly string[];
  readonly anything?: readonly JsonValue[];
}>();

expectTypeOf<InputOf<typeof users>>().toEqualTypeOf<{
  readonly user_id?: string;
  readonly display_name: string;
  readonly status?: "online" | "away";
  readonly role?: "admin" | "guest";
  readonly room?: string;
  readonly seen?: string | number | Date;
  readonly capabilities?: readonly string[];
  readonly anything?: readonly JsonValue[];
}>();

const services = defineSchema({
  service_name: "string",
  health_status: "enum[healthy, degraded,unhealthy ]",
  capabilities: "array[ string ]",
  location: "geo_point",
  battery_level: "float",
  current_tasks: "int",
  available_resources: "object",
  last_seen: "timestamp",
  version: "semver",
  up: "boolean",
  list: "array",
});

expectTypeOf<MetadataOf<typeof services>>().toEqualTypeOf<{
  readonly service_name?: string;
  readonly health_status?: "healthy" | "degraded" | "unhealthy";
  readonly capabilities?: readonly string[];
  readonly location?: GeoPointMetadata;
  readonly battery_level?: number;
  readonly current_tasks?: number;
  readonly available_resources?: JsonObject;
  readonly last_seen?: string;
  readonly version?: string;
  readonly up?: boolean;
  readonly list?: readonly JsonValue[];
}>();

const nested = defineSchema({
  primaryKey: "meta.id",
  fields: {
    "device.type": { type: "string", required: true },
    "device.os.version": "semver",
    "a\\.b.\\$c": "int",
    "plain.list": { type: "array", items: "timestamp" },
  },
});

expectTypeOf<MetadataOf<typeof nested>>().toEqualTypeOf<{
  readonly device: { readonly type: string; readonly os?: { readonly version?: string } };
  readonly "a.b"?: { readonly $c?: number };
  readonly plain?: { readonly list?: readonly string[] };
  readonly meta: { readonly id: string };
}>();
expectTypeOf<InputOf<typeof nested>["meta"]>().toEqualTypeOf<{ readonly id?: string } | undefined>();
expectTypeOf<InputOf<typeof nested>["plain"]>().toEqualTypeOf<
  { readonly list?: readonly (string | number | Date)[] } | undefined
>();

// What is inferred is metadata, and gives the keys of filters.
expectTypeOf<MetadataOf<typeof users>>().toExtend<Metadata>();
expectTypeOf<MetadataOf<typeof nested>>().toExtend<Metadata>();
expectTypeOf<{ "device.os.version.gte": "1.0" }>().toExtend<FilterInput<MetadataOf<typeof nested>>>();
expectTypeOf<{ status: "gone" }>().not.toExtend<FilterInput<MetadataOf<typeof users>>>();

// A definition alone says as much as the schema made from it.
const definition = { fields: { a: { type: "int", required: true } } } as const;
expectTypeOf<MetadataOf<typeof definition>>().toEqualTypeOf<{ readonly a: number }>();

// Undeclared fields pass only where the definition says so itself.
const open = defineSchema({ additional: "keep", fields: { a: { type: "timestamp", required: true } } });
expectTypeOf<{ a: Date; more: 1 }>().toExtend<InputOf<typeof open>>();
expectTypeOf<MetadataOf<typeof open>["more"]>().toEqualTypeOf<JsonValue>();
expectTypeOf<MetadataOf<typeof open>["a"]>().toEqualTypeOf<string>();

// Without a known schema, metadata is any JSON object.
expectTypeOf<MetadataOf<undefined>>().toEqualTypeOf<Metadata>();
expectTypeOf<InputOf<undefined>>().toEqualTypeOf<Metadata>();
expectTypeOf<MetadataOf<IdentitySchema>>().toEqualTypeOf<Metadata>();

// @ts-expect-error there is no type "text"
defineSchema({ a: "text" });
// @ts-expect-error there is no type "text" in the long form either
defineSchema({ fields: { a: { type: "text" } } });
// @ts-expect-error items are no arrays
defineSchema({ fields: { a: { type: "array", items: "array" } } });

/** What a device says about itself: the identity schema of RFC-017's use case 2, and a little more. */

import { defineSchema, type MetadataOf } from "@muster/core";

export const deviceSchema = defineSchema({
  fields: {
    device_type: { type: "enum", values: ["sensor", "actuator", "gateway"], required: true, index: true },
    location: { type: "geo_point", required: true, index: "gist" },
    /** Compared as versions: 1.9.0 is before 1.10.0, and 1.10.0-rc.1 too. */
    firmware_version: { type: "semver", required: true },
    /** From 0 to 1. */
    battery_level: { type: "float", required: true, index: true },
    status: { type: "enum", values: ["active", "maintenance"], default: "active", index: true },
    /** How often it has been told to start again, and did. */
    reboots: { type: "int", default: 0 },
    last_seen: { type: "timestamp", auto: "now" },
  },
});

export type Device = MetadataOf<typeof deviceSchema>;

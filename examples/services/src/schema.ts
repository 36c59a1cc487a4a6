/** What an instance of a service says about itself: the identity schema of RFC-017's use case 1, and a little more. */

import { defineSchema, type MetadataOf } from "@muster/core";

export const serviceSchema = defineSchema({
  fields: {
    service_name: { type: "string", required: true, index: true },
    version: { type: "semver", required: true },
    endpoint: { type: "string", required: true },
    region: { type: "string", required: true, index: true },
    health_status: { type: "enum", values: ["healthy", "degraded", "unhealthy"], required: true, index: true },
    capabilities: { type: "array", items: "string", required: true },
    /** Share of its capacity that is in use. */
    load: { type: "float", required: true },
    /** Of the configuration it runs with; 0: the one it was built with. */
    config_version: { type: "int", default: 0, index: true },
  },
});

export type Service = MetadataOf<typeof serviceSchema>;

/** What an airport says about itself. */

import { defineSchema, type MetadataOf } from "@muster/core";

export const AIRPORT_TYPES = ["large_airport", "medium_airport"] as const;
export const CONTINENTS = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"] as const;

export const airportSchema = defineSchema({
  fields: {
    name: { type: "string", required: true, max_length: 100 },
    type: { type: "enum", values: AIRPORT_TYPES, required: true, index: true },
    /** ISO 3166-1 alpha-2. */
    country: { type: "string", required: true, max_length: 2, index: true },
    /** ISO 3166-2. */
    region: { type: "string", required: true, index: true },
    continent: { type: "enum", values: CONTINENTS, required: true, index: true },
    municipality: { type: "string" },
    elevation_ft: { type: "float" },
    /** Has scheduled airline service. */
    scheduled: { type: "boolean", required: true },
    location: { type: "geo_point", required: true },
    iata: { type: "string", index: true },
    gps: { type: "string" },
    keywords: { type: "array", items: "string" },
  },
});

export type Airport = MetadataOf<typeof airportSchema>;

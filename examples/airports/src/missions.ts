/** The multicasts of the demo. */

import type { FilterInput } from "@muster/filter";
import type { Airport } from "./schema.ts";

export interface Mission {
  /** The filter in words. */
  readonly title: string;
  readonly filter: FilterInput<Airport> | null;
}

export const EVERYONE: Mission = { title: "everyone", filter: null };

export const MISSIONS: readonly Mission[] = [
  {
    title: "in the United States, above 5,000 ft",
    filter: { country: "US", "elevation_ft.gt": 5000 },
  },
  {
    title: "with “International” in the name",
    filter: { "name.contains": "International" },
  },
  {
    title: "within 300 km of Zürich",
    filter: { location: { $near: { lat: 47.458, lon: 8.548, radiusM: 300_000 } } },
  },
  {
    title: "in Iceland, or large in Asia outside China and India",
    filter: {
      $or: [{ country: "IS" }, { continent: "AS", type: "large_airport", $not: { country: { $in: ["CN", "IN"] } } }],
    },
  },
  {
    title: "one airport by its identity",
    filter: { $identity: "LSZH" },
  },
  EVERYONE,
];

/** Missions of the user's own. What the filter says is checked by Muster, not here. */
export function ownMissions(filters: readonly unknown[]): readonly Mission[] {
  return filters.map((filter) => {
    if (filter === null) return EVERYONE;
    return { title: "your filter", filter: filter as Mission["filter"] }; // JSON of any shape: whatever is no filter, Muster refuses with its path.
  });
}

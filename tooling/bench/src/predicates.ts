/** One selection in every spelling that is compared: a status, a release prefix, and a low battery or one building. */

import type { FilterInput, Metadata } from "@muster/filter";

export type Predicate = (metadata: Metadata) => boolean;

/** About one in twelve of `sensors` matches. */
export const SELECTION: FilterInput = {
  status: "online",
  "firmware.startswith": "1.0",
  $or: [{ "battery.lt": 0.2 }, { "location.building": "B-7" }],
};

/** What else a process may have been asked: every field and most operators. */
export const OTHER_SELECTIONS: readonly FilterInput[] = [
  { status: "offline", site: "s7" },
  { "firmware.eq": "1.0.3" },
  { place: "s9", "battery.gte": 0.5 },
  { "site.startswith": "s1", "status.startswith": "on" },
  { "location.building.startswith": "B-", "location.floor": 3 },
  { "location.floor.lt": 4 },
  { "tags.contains": "eu-west" },
  { "lastSeen.gt": "2025-06-16", "place.lt": "s5" },
  { $or: [{ "lastSeen.startswith": "2025" }, { battery: 0.5 }] },
  { $not: { "place.in": ["s1", "s2"] } },
  { "status.in": ["online", "maintenance"], "battery.lt": 0.9 },
  { "name.exists": false, "location.exists": true },
  { "site.endswith": "9", "firmware.ne": "1.1.0" },
  { "lastSeen.lt": "2026", "floor.lt": 3 },
];

/** {@link SELECTION} for mingo and sift. */
export const MONGO_SELECTION: Record<string, unknown> = {
  status: "online",
  firmware: { $regex: /^1\.0/u },
  $or: [{ battery: { $lt: 0.2 } }, { "location.building": "B-7" }],
};

/** {@link SELECTION} as one writes it by hand for data that is not trusted: own keys only, and every type checked. */
export function handWritten(metadata: Metadata): boolean {
  if (!Object.hasOwn(metadata, "status") || metadata["status"] !== "online") return false;
  const firmware = Object.hasOwn(metadata, "firmware") ? metadata["firmware"] : undefined;
  if (typeof firmware !== "string" || !firmware.startsWith("1.0")) return false;
  const battery = Object.hasOwn(metadata, "battery") ? metadata["battery"] : undefined;
  if (typeof battery === "number" && battery < 0.2) return true;
  const location = Object.hasOwn(metadata, "location") ? metadata["location"] : undefined;
  if (typeof location !== "object" || location === null || !("building" in location)) return false;
  return Object.hasOwn(location, "building") && location["building"] === "B-7";
}

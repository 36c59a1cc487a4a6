/** One selection in every spelling that is compared: a status, a release prefix, and a low battery or one building. */

import type { FilterInput, Metadata } from "@muster/filter";

export type Predicate = (metadata: Metadata) => boolean;

/** About one in twelve of `sensors` matches. */
export const SELECTION: FilterInput = {
  status: "online",
  "firmware.startswith": "1.0",
  $or: [{ "battery.lt": 0.2 }, { "location.building": "B-7" }],
};

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

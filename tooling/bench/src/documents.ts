/** Metadata as a fleet of sensors has it: about 185 bytes of JSON each, the same for the same number. */

import type { Metadata } from "@muster/filter";

/** Every thousandth document has the same site: a filter on one of them matches 0.1 %. */
const SITES = 1_000;

export interface Sensor extends Metadata {
  readonly status: string;
  readonly firmware: string;
  readonly battery: number;
  readonly location: { readonly building: string; readonly floor: number };
  readonly tags: readonly string[];
  readonly lastSeen: string;
  /** Indexed where the scenario has an index. */
  readonly site: string;
  /** Never indexed, and the same value as `site`. */
  readonly place: string;
}

export function sensors(count: number): readonly Sensor[] {
  return Array.from({ length: count }, (_, index) => sensor(index));
}

/** Parsed from JSON and frozen, as a registry keeps it: this decides how it lies in memory. */
export function sensor(index: number): Sensor {
  const site = `s${index % SITES}`;
  const written: Sensor = {
    status: pick(STATUSES, index, 1),
    firmware: `${pick(RELEASES, index, 2)}.${mixed(index, 3) % 10}`,
    battery: (mixed(index, 4) % 100) / 100,
    location: { building: `B-${mixed(index, 5) % 10}`, floor: mixed(index, 6) % 12 },
    tags: [pick(REGIONS, index, 7), pick(STAGES, index, 8)],
    lastSeen: new Date(1_750_000_000_000 + (mixed(index, 9) % 100_000_000)).toISOString(),
    site,
    place: site,
  };
  return deepFreeze(JSON.parse(JSON.stringify(written)) as Sensor); // The same JSON again.
}

const STATUSES = [
  "online",
  "online",
  "online",
  "online",
  "online",
  "online",
  "online",
  "offline",
  "maintenance",
] as const;
const RELEASES = ["1.0", "1.0", "1.0", "1.1"] as const;
const REGIONS = ["eu-west", "us-east", "ap-south"] as const;
const STAGES = ["prod", "test"] as const;

function pick(values: readonly string[], index: number, salt: number): string {
  return values[mixed(index, salt) % values.length] ?? "";
}

/** A well-spread unsigned number for each pair (the finalizer of MurmurHash3). */
function mixed(index: number, salt: number): number {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === "object" && member !== null) deepFreeze(member);
  return Object.freeze(value);
}

import { seededRandom } from "@muster/filter/corpus";
import type { Document } from "./filling.ts";

const COUNT = 600;

/** What stores take for a key, a number, a text or a place, and what only looks like one; `statement` is in one of seven. */
export function sensors(seed: number, statement: string): readonly Document[] {
  const random = seededRandom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T; // None is empty.
  return Array.from({ length: COUNT }, (_, i) => ({
    id: i % 100 === 0 ? `a${i}` : `sensor-${i}`,
    metadata: {
      status: pick(["online", "on", "one", "away", "off", null, true, 1, { a: 1 }, ["online"]]),
      battery: pick([0, -1, -0.5, 0.1, 0.2, 0.5, 1, 2, 1e-7, "0.1"]),
      zone: pick(["a", "b", "c", "d", "e", "f", "g", "h"]),
      tags: pick([["a", "b"], ["b"], "a", [1], [{ a: 1 }], [["a"]], {}, []]),
      at: pick([
        { lat: 0.1, lon: 0.1 },
        { lat: 50, lon: 179.999 },
        { lat: 50, lon: -179.999 },
        { lat: 91, lon: 0 },
        "0.1,0.1",
      ]),
      spot: pick([
        { lat: 0.1, lon: 0.1 },
        { lat: 91, lon: 3 },
        { lat: 50, lon: -179 },
        { lat: "50", lon: 2 },
        { lat: 50 },
      ]),
      other: pick([1, 2, "on", "x", ["n"], ["on"]]),
      ...(i % 7 === 0 ? { 'it\'s "quoted"': statement } : {}),
    },
  }));
}

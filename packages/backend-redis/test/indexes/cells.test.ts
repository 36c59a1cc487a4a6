import { compileFilter, type Filter, type GeoPoint, where } from "@muster/filter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CellStretch, cellOf, cellsNear, cellsWithin } from "../../src/indexes/cells.ts";

const RUNS = { numRuns: 1_500 };

const lat = fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-90, 90, 0, 89.999999, -89.999999));
const lon = fc.oneof(
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.constantFrom(-180, 180, 0, 179.999999, -179.999999),
);
const points: fc.Arbitrary<GeoPoint> = fc.record({ lat, lon });
const radii = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 500_000, noNaN: true }),
  fc.double({ min: 0, max: 21_000_000, noNaN: true }),
  fc.constant(0),
);

function isCovered(point: GeoPoint, cells: readonly CellStretch[]): boolean {
  const cell = cellOf(point);
  return cells.some(({ first, last }) => first <= cell && cell <= last);
}

function holds(filter: Filter, point: GeoPoint): boolean {
  return compileFilter(filter)({ at: { ...point } });
}

/** A point in a direction from another, some share of a distance away, so that many are near an edge. */
function towards({ lat: from, lon: start }: GeoPoint, distanceM: number, bearing: number): GeoPoint {
  const radians = Math.PI / 180;
  const angle = distanceM / 6_371_008.8;
  const sine =
    Math.sin(from * radians) * Math.cos(angle) + Math.cos(from * radians) * Math.sin(angle) * Math.cos(bearing);
  const to = Math.asin(Math.min(1, Math.max(-1, sine)));
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(from * radians),
    Math.cos(angle) - Math.sin(from * radians) * Math.sin(to),
  );
  const east = start + turn / radians;
  return { lat: to / radians, lon: east > 180 ? east - 360 : east < -180 ? east + 360 : east };
}

/** How much of the Earth's cells are in it. */
function share(cells: readonly CellStretch[]): number {
  const sizes = cells.map(({ first, last }) => Number.parseInt(last, 16) - Number.parseInt(first, 16) + 1);
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 52;
}

describe("cells", { timeout: 60_000 }, () => {
  test("no point near another falls outside the cells, at the poles and the antimeridian neither", () => {
    let near = 0;
    fc.assert(
      fc.property(
        points,
        radii,
        fc.double({ min: 0, max: 1.02, noNaN: true }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
        points,
        (center, radiusM, distance, bearing, other) => {
          const cells = cellsNear({ ...center, radiusM });
          const filter = where("at").near({ ...center, radiusM });
          for (const point of [towards(center, radiusM * distance, bearing), other, center]) {
            if (!holds(filter, point)) continue;
            near += 1;
            expect(isCovered(point, cells)).toBe(true);
          }
        },
      ),
      RUNS,
    );
    expect(near).toBeGreaterThan(RUNS.numRuns);
  });

  test("no point within a box falls outside the cells, also across the antimeridian", () => {
    let within = 0;
    fc.assert(
      fc.property(points, points, points, (a, b, other) => {
        const box = { south: Math.min(a.lat, b.lat), north: Math.max(a.lat, b.lat), west: a.lon, east: b.lon };
        const cells = cellsWithin(box);
        const filter = where("at").within(box);
        for (const point of [a, b, other, { lat: a.lat, lon: other.lon }, { lat: other.lat, lon: b.lon }]) {
          if (!holds(filter, point)) continue;
          within += 1;
          expect(isCovered(point, cells)).toBe(true);
        }
      }),
      RUNS,
    );
    expect(within).toBeGreaterThan(RUNS.numRuns);
  });

  test("are few stretches, in order and apart", () => {
    fc.assert(
      fc.property(points, radii, (center, radiusM) => {
        const cells = cellsNear({ ...center, radiusM });
        expect(cells.length).toBeGreaterThan(0);
        expect(cells.length).toBeLessThanOrEqual(32);
        for (const [i, { first, last }] of cells.entries()) {
          expect(first <= last).toBe(true);
          expect((cells[i - 1]?.last ?? "") < first).toBe(true);
        }
      }),
    );
  });

  test.each([
    ["a city", { lat: 52.52, lon: 13.4, radiusM: 10_000 }, 1e-5],
    ["a country, over the antimeridian", { lat: -17.7, lon: 179.9, radiusM: 300_000 }, 1e-2],
    ["a house", { lat: 48.2, lon: 16.37, radiusM: 10 }, 1e-10],
  ])("around %s are a small share of the Earth", (_, circle, most) => {
    expect(share(cellsNear(circle))).toBeLessThan(most);
  });

  test("of a box without height are none", () => {
    expect(cellsWithin({ south: 1, north: 0, west: 0, east: 1 })).toEqual([]);
  });
});

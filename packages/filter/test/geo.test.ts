import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundingBox, distanceM, EARTH_RADIUS_M, isWithin } from "../src/index.ts";

const lat = fc.double({ min: -90, max: 90, noNaN: true });
const lon = fc.double({ min: -180, max: 180, noNaN: true });

describe("distanceM", () => {
  it.each([
    [{ lat: 0, lon: 0 }, { lat: 0, lon: 0 }, 0],
    [{ lat: 0, lon: 0 }, { lat: 0, lon: 180 }, Math.PI * EARTH_RADIUS_M],
    [{ lat: 90, lon: 17 }, { lat: -90, lon: -40 }, Math.PI * EARTH_RADIUS_M],
    [{ lat: 0, lon: -179.5 }, { lat: 0, lon: 179.5 }, (Math.PI * EARTH_RADIUS_M) / 180],
    [{ lat: 90, lon: 0 }, { lat: 90, lon: 120 }, 0],
  ])("from %j to %j", (a, b, metres) => {
    expect(distanceM(a, b)).toBeCloseTo(metres, 4);
  });

  it("is the same both ways and never NaN", () => {
    fc.assert(
      fc.property(lat, lon, lat, lon, (a, b, c, d) => {
        const there = distanceM({ lat: a, lon: b }, { lat: c, lon: d });
        expect(there).toBeCloseTo(distanceM({ lat: c, lon: d }, { lat: a, lon: b }), 3);
        expect(there).toBeLessThanOrEqual(Math.PI * EARTH_RADIUS_M + 1e-6);
      }),
    );
  });
});

describe("boundingBox", () => {
  const radius = fc.oneof(
    fc.double({ min: 0, max: 1_000, noNaN: true }),
    fc.double({ min: 0, max: 21_000_000, noNaN: true }),
  );

  it("holds every point of the circle", { timeout: 60_000 }, () => {
    let inside = 0;
    fc.assert(
      fc.property(
        lat,
        lon,
        radius,
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (a, b, radiusM, up, right) => {
          const box = boundingBox({ lat: a, lon: b, radiusM });
          const degrees = (radiusM / EARTH_RADIUS_M) * (180 / Math.PI);
          const east = b + (right * degrees) / Math.max(0.01, Math.cos((a * Math.PI) / 180));
          const point = {
            lat: Math.max(-90, Math.min(90, a + up * degrees)),
            lon: ((((east + 180) % 360) + 360) % 360) - 180,
          };
          if (distanceM({ lat: a, lon: b }, point) > radiusM) return;
          inside += 1;
          if (!isWithin(point, box)) expect.fail(JSON.stringify({ box, point }));
        },
      ),
      { numRuns: 20_000 },
    );
    expect(inside).toBeGreaterThan(2_000);
  });

  it("is tight where nothing is in the way", () => {
    const { south, west, north, east } = boundingBox({ lat: 60, lon: 10, radiusM: 111_195 });
    expect([south, north]).toEqual([expect.closeTo(59, 3), expect.closeTo(61, 3)]);
    expect([west, east]).toEqual([expect.closeTo(8, 2), expect.closeTo(12, 2)]);
  });

  it.each([
    ["the antimeridian", { lat: 0, lon: 179.9, radiusM: 50_000 }],
    ["a pole", { lat: 89.9, lon: 0, radiusM: 50_000 }],
    ["the globe", { lat: 10, lon: 0, radiusM: 30_000_000 }],
  ])("spans every longitude at %s", (_, circle) => {
    expect(boundingBox(circle)).toMatchObject({ west: -180, east: 180 });
  });
});

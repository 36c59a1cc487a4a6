import type { JsonValue } from "./ast.ts";
import { isObject } from "./json.ts";

/** Degrees. */
export interface GeoPoint {
  readonly lat: number;
  readonly lon: number;
}

export interface GeoCircle extends GeoPoint {
  readonly radiusM: number;
}

/** Degrees; `west` greater than `east` crosses the antimeridian. Edges belong to it. */
export interface GeoBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** The mean radius of the Earth; distances are on this sphere. */
export const EARTH_RADIUS_M = 6_371_008.8;

const RADIANS = Math.PI / 180;

/** Great-circle distance in metres by the haversine formula. */
export function distanceM(a: GeoPoint, b: GeoPoint): number {
  const half = Math.sin(((b.lat - a.lat) * RADIANS) / 2) ** 2;
  const turn = Math.sin(((b.lon - a.lon) * RADIANS) / 2) ** 2;
  const haversine = half + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * turn;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/** A metadata value as a point: an object with numeric `lat` in ±90 and `lon` in ±180; further members are fine. */
export function readPoint(value: JsonValue): GeoPoint | undefined {
  if (!isObject(value) || !Object.hasOwn(value, "lat") || !Object.hasOwn(value, "lon")) return undefined;
  const { lat, lon } = value;
  if (typeof lat !== "number" || typeof lon !== "number") return undefined;
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : undefined;
}

export function isWithin(point: GeoPoint, box: GeoBox): boolean {
  const { south, west, north, east } = box;
  if (point.lat < south || point.lat > north) return false;
  return west <= east ? point.lon >= west && point.lon <= east : point.lon >= west || point.lon <= east;
}

/**
 * A box that holds every point within the circle, a hair wider than the tightest one: for indexes, which then leave the
 * decision to {@link distanceM}. Where it touches the antimeridian it spans every longitude.
 */
export function boundingBox(circle: GeoCircle): GeoBox {
  const angle = (circle.radiusM / EARTH_RADIUS_M) * (1 + 1e-9) + 1e-9;
  const south = circle.lat - angle / RADIANS;
  const north = circle.lat + angle / RADIANS;
  const aroundPole = south <= -90 || north >= 90;
  const reach = aroundPole
    ? 180
    : Math.asin(Math.min(1, Math.sin(angle) / Math.cos(circle.lat * RADIANS))) / RADIANS + 1e-9;
  const west = circle.lon - reach;
  const east = circle.lon + reach;
  const every = west <= -180 || east >= 180;
  return {
    south: Math.max(-90, south),
    west: every ? -180 : west,
    north: Math.min(90, north),
    east: every ? 180 : east,
  };
}

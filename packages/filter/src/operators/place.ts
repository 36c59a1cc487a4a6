import type { JsonValue } from "../ast.ts";
import { distanceM, type GeoBox, isWithin, readPoint } from "../geo.ts";
import { isObject } from "../json.ts";
import type { Check } from "./check.ts";

export function isNear(operand: JsonValue): Check {
  const [lat, lon, radiusM] = numbers(operand, ["lat", "lon", "radiusM"]);
  const center = { lat, lon };
  return (value) => {
    const point = readPoint(value);
    return point !== undefined && distanceM(center, point) <= radiusM;
  };
}

export function isInBox(operand: JsonValue): Check {
  const [south, west, north, east] = numbers(operand, ["south", "west", "north", "east"]);
  const box: GeoBox = { south, west, north, east };
  return (value) => {
    const point = readPoint(value);
    return point !== undefined && isWithin(point, box);
  };
}

/** NaN compares false with everything, so a member that is missing matches nothing. */
function numbers<const K extends readonly string[]>(operand: JsonValue, names: K): { [I in keyof K]: number } {
  const members = isObject(operand) ? operand : {};
  return names.map((name) => (typeof members[name] === "number" ? members[name] : Number.NaN)) as {
    [I in keyof K]: number;
  };
}

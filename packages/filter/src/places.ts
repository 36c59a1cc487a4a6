/** Places for who compares numbers: candidates lie between the sides of a box, as for any other two fields. */

import type { FieldLeaf, Filter, JsonValue } from "./ast.ts";
import { boundingBox } from "./geo.ts";
import { isObject } from "./json.ts";

type FieldPath = FieldLeaf["path"];

/** Where places are looked for is this much wider than asked, so that rounding decides nothing. */
const WIDER = 1.01;

/** The members of a place between the sides of a box around what is asked for. */
export function boxOf(path: FieldPath, op: "near" | "within", operand: JsonValue): Filter {
  const { lat = 0, lon = 0, radiusM = 0, south = 0, west = 0, north = 0, east = 0 } = numbersIn(operand);
  const box = op === "near" ? boundingBox({ lat, lon, radiusM: radiusM * WIDER }) : { south, west, north, east };
  const [latPath, lonPath] = [member(path, "lat"), member(path, "lon")];
  const sides: Filter[] = [
    { op: "gte", path: latPath, value: box.south },
    { op: "lte", path: latPath, value: box.north },
  ];
  if (box.west <= box.east) {
    sides.push({ op: "gte", path: lonPath, value: box.west }, { op: "lte", path: lonPath, value: box.east });
  } else {
    const beyond: Filter[] = [
      { op: "gte", path: lonPath, value: box.west },
      { op: "lte", path: lonPath, value: box.east },
    ];
    sides.push({ op: "or", nodes: beyond });
  }
  return { op: "and", nodes: sides };
}

function member([first, ...rest]: FieldPath, name: string): FieldPath {
  return [first, ...rest, name];
}

function numbersIn(operand: JsonValue): Readonly<Record<string, number>> {
  const members = isObject(operand) ? Object.entries(operand) : [];
  return Object.fromEntries(members.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

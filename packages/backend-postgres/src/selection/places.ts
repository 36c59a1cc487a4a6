/** Boxes on the map, as they stand in what was split off: numbers between their sides, as for any other two fields. */

import type { FieldLeaf, Filter } from "@muster/filter";

type FieldPath = FieldLeaf["path"];

export interface Box {
  readonly path: FieldPath;
  readonly south: number;
  readonly north: number;
  /** One range of longitudes, or two on either side of the antimeridian. */
  readonly longitudes: readonly (readonly [west: number, east: number])[];
}

const POLES: Range = [-90, 90];
const DATELINE: Range = [-180, 180];

/** What a conjunction says of a place, if it names all four sides of a box on earth. */
export function boxIn(nodes: readonly Filter[]): Box | undefined {
  for (const node of nodes) {
    if (!("path" in node) || node.op !== "gte" || node.path.at(-1) !== "lat") continue;
    const [first, ...rest] = node.path;
    const path: FieldPath = [first, ...rest.slice(0, -1)];
    const latitudes = rest.length === 0 ? undefined : rangeIn(nodes, member(path, "lat"), POLES);
    if (latitudes === undefined) continue;
    const [south, north] = latitudes;
    const longitudes = longitudesIn(nodes, member(path, "lon"));
    if (longitudes.length > 0) return { path, south, north, longitudes };
  }
  return undefined;
}

type Range = readonly [from: number, to: number];

function longitudesIn(nodes: readonly Filter[], path: FieldPath): readonly Range[] {
  const range = rangeIn(nodes, path, DATELINE);
  if (range !== undefined) return [range];
  for (const node of nodes) {
    if (node.op !== "or" || node.nodes.length !== 2) continue;
    const [west, east] = [sideIn(node.nodes, "gte", path), sideIn(node.nodes, "lte", path)];
    if (west === undefined || east === undefined || !within([west, east], DATELINE)) continue;
    return [
      [west, DATELINE[1]],
      [DATELINE[0], east],
    ];
  }
  return [];
}

/** Between which bounds the numbers at a path are, inside of others. */
function rangeIn(nodes: readonly Filter[], path: FieldPath, bounds: Range): Range | undefined {
  const [from, to] = [sideIn(nodes, "gte", path), sideIn(nodes, "lte", path)];
  if (from === undefined || to === undefined || !within([from, to], bounds)) return undefined;
  return [from, to];
}

function within(range: readonly number[], [from, to]: Range): boolean {
  return range.every((side) => side >= from && side <= to);
}

function sideIn(nodes: readonly Filter[], op: "gte" | "lte", path: FieldPath): number | undefined {
  for (const node of nodes) {
    if (!("path" in node) || node.op !== op || typeof node.value !== "number") continue;
    if (JSON.stringify(node.path) === JSON.stringify(path)) return node.value;
  }
  return undefined;
}

function member([first, ...rest]: FieldPath, name: string): FieldPath {
  return [first, ...rest, name];
}

/**
 * Points as cells of a grid over all latitudes and longitudes, numbered along a Z-order curve: cells of one square of any
 * size in the hierarchy stand behind each other, so that an area is covered by a few stretches of numbers.
 */

import { boundingBox, type GeoBox, type GeoCircle, type GeoPoint } from "@muster/filter";

/** Halvings of each axis; a cell is at most 0.6 m by 0.3 m. */
const LEVELS = 26;
const SIDE = 2 ** LEVELS;
const HEX_DIGITS = (2 * LEVELS) / 4;
/** More stretches fit an area better and each costs a look into the index. */
const MAX_STRETCHES = 32;
const MAX_SQUARES = 4 * MAX_STRETCHES;
/** What others compute a little differently must not fall outside. */
const WIDENING = 1.01;

/** Numbers of cells, as their digits; both ends belong to it. */
export interface CellStretch {
  readonly first: string;
  readonly last: string;
}

/** A square of cells: `x` and `y` count squares of its size; `level` 0 is the whole Earth. */
interface Square {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

type Stretch = readonly [first: number, last: number];

/** An area in cells; its edges belong to it. */
interface Area {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** The digits of the cell a point lies in; all cells have the same number of digits. */
export function cellOf({ lat, lon }: GeoPoint): string {
  return digits(interleave(column(lon), row(lat)));
}

/** Stretches, in ascending order and apart, that hold the cell of every point within the circle. */
export function cellsNear({ lat, lon, radiusM }: GeoCircle): readonly CellStretch[] {
  // Asked at the prime meridian, so that the box is never cut at the antimeridian.
  const { south, north, east: reach } = boundingBox({ lat, lon: 0, radiusM: radiusM * WIDENING });
  if (reach >= 180) return cover([{ south, north, west: -180, east: 180 }]);
  const [west, east] = [lon - reach, lon + reach];
  return cellsWithin({
    south,
    north,
    west: west < -180 ? west + 360 : west,
    east: east > 180 ? east - 360 : east,
  });
}

/** As {@link cellsNear}, for a box; one with its west greater than its east crosses the antimeridian. */
export function cellsWithin({ south, west, north, east }: GeoBox): readonly CellStretch[] {
  if (west <= east) return cover([{ south, west, north, east }]);
  return cover([
    { south, north, west, east: 180 },
    { south, north, west: -180, east },
  ]);
}

/** Both grow with their argument, whatever is rounded: who lies between two coordinates lies between their cells. */
function column(lon: number): number {
  return Math.min(SIDE - 1, Math.max(0, Math.floor(((lon + 180) / 360) * SIDE)));
}

function row(lat: number): number {
  return Math.min(SIDE - 1, Math.max(0, Math.floor(((lat + 90) / 180) * SIDE)));
}

function cover(boxes: readonly GeoBox[]): readonly CellStretch[] {
  const areas = boxes
    .filter(({ south, north }) => south <= north)
    .map(({ south, west, north, east }) => ({
      west: column(west),
      east: column(east),
      south: row(south),
      north: row(north),
    }));
  return joined(squaresOver(areas)).map(([first, last]) => ({ first: digits(first), last: digits(last) }));
}

/** Quarters all squares that lie only partly in an area, level by level, until there would be too many. */
function squaresOver(areas: readonly Area[]): readonly Square[] {
  const whole: Square[] = [];
  let partial: readonly Square[] = areas.length === 0 ? [] : [{ level: 0, x: 0, y: 0 }];
  while (partial.length > 0) {
    const next: Square[] = [];
    const inside: Square[] = [];
    for (const square of partial.flatMap(quarters)) {
      const [meets, lies] = relation(square, areas);
      if (lies) inside.push(square);
      else if (meets) next.push(square);
    }
    // What is left out may be so thin that the stretches stay few while the squares double with each level.
    if (next.length > MAX_SQUARES || joined([...whole, ...inside, ...next]).length > MAX_STRETCHES) break;
    whole.push(...inside);
    partial = next;
  }
  return [...whole, ...partial];
}

function quarters({ level, x, y }: Square): readonly Square[] {
  return [0, 1].flatMap((dy) => [0, 1].map((dx) => ({ level: level + 1, x: 2 * x + dx, y: 2 * y + dy })));
}

/** Whether a square has a cell in common with any area, and whether it lies in one wholly. A single cell always does. */
function relation({ level, x, y }: Square, areas: readonly Area[]): readonly [meets: boolean, lies: boolean] {
  const size = 2 ** (LEVELS - level);
  const [west, south] = [x * size, y * size];
  const [east, north] = [west + size - 1, south + size - 1];
  const met = areas.filter(
    (area) => !(east < area.west || west > area.east || north < area.south || south > area.north),
  );
  const lies = met.some((area) => west >= area.west && east <= area.east && south >= area.south && north <= area.north);
  return [met.length > 0, lies];
}

function stretchOf({ level, x, y }: Square): Stretch {
  const cells = 4 ** (LEVELS - level);
  const first = interleave(x, y) * cells;
  return [first, first + cells - 1];
}

/** The numbers of their cells, in ascending order; stretches that touch are one. */
function joined(squares: readonly Square[]): readonly Stretch[] {
  const all: [number, number][] = [];
  for (const [first, last] of squares.map(stretchOf).sort((a, b) => a[0] - b[0])) {
    const before = all.at(-1);
    if (before !== undefined && before[1] + 1 >= first) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

/** Bits of `y` and `x` in turn; the result has up to 52 and is exact. */
function interleave(x: number, y: number): number {
  let cell = 0;
  for (let bit = LEVELS - 1; bit >= 0; bit -= 1) cell = cell * 4 + 2 * bitOf(y, bit) + bitOf(x, bit);
  return cell;
}

function bitOf(value: number, bit: number): number {
  return (value >>> bit) & 1;
}

function digits(cell: number): string {
  return cell.toString(16).padStart(HEX_DIGITS, "0");
}

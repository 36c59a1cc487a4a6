/** Pictures as text: a few marks, in colours that can be told apart and read on a light and on a dark page. */

/** What a mark looks like; all are set in {@link picture}. */
export type Look =
  | "text"
  | "faint"
  | "axis"
  | "met"
  | "between"
  | "missed"
  | "series-0"
  | "series-1"
  | "series-2"
  | "series-3";

const COLOURS: Readonly<Record<Look, string>> = {
  text: "#7a828c",
  faint: "#7a828c66",
  axis: "#7a828c",
  met: "#2f9e6e",
  between: "#c08a1e",
  missed: "#d0564c",
  "series-0": "#3d86d8",
  "series-1": "#2f9e6e",
  "series-2": "#c08a1e",
  "series-3": "#b0609f",
};

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A whole file. Marks are drawn in their order. */
export function picture(size: { readonly width: number; readonly height: number }, marks: readonly string[]): string {
  const { width, height } = size;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11">`,
    ...marks.map((mark) => `  ${mark}`),
    "</svg>\n",
  ].join("\n");
}

export function label(
  at: Point,
  text: string,
  { anchor = "start", look = "text" }: { readonly anchor?: "start" | "middle" | "end"; readonly look?: Look } = {},
): string {
  return `<text x="${short(at.x)}" y="${short(at.y)}" text-anchor="${anchor}" fill="${COLOURS[look]}">${escaped(text)}</text>`;
}

export function stroke(from: Point, to: Point, look: Look, width = 1): string {
  return `<line x1="${short(from.x)}" y1="${short(from.y)}" x2="${short(to.x)}" y2="${short(to.y)}" stroke="${COLOURS[look]}" stroke-width="${width}"/>`;
}

export function path(points: readonly Point[], look: Look): string {
  const through = points.map(({ x, y }) => `${short(x)},${short(y)}`).join(" ");
  return `<polyline points="${through}" fill="none" stroke="${COLOURS[look]}" stroke-width="2"/>`;
}

export function dot({ x, y }: Point, look: Look, radius = 4): string {
  return `<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${COLOURS[look]}"/>`;
}

/** A standing rhombus, empty inside. */
export function diamond({ x, y }: Point, look: Look, radius = 4): string {
  const corners = [
    [x, y - radius],
    [x + radius, y],
    [x, y + radius],
    [x - radius, y],
  ];
  const points = corners.map(([left = 0, top = 0]) => `${short(left)},${short(top)}`).join(" ");
  return `<polygon points="${points}" fill="none" stroke="${COLOURS[look]}" stroke-width="1.5"/>`;
}

/** A position for each value, `from` for the lowest and `to` for the highest, by its logarithm; both above 0. */
export function logScale(
  domain: { readonly low: number; readonly high: number },
  range: { readonly from: number; readonly to: number },
): (value: number) => number {
  const span = Math.log(domain.high / domain.low);
  return (value) => range.from + ((range.to - range.from) * Math.log(value / domain.low)) / span;
}

/** The powers of `base` from the last one not above `low` to the first one not below `high`; at least two. */
export function powersAround(low: number, high: number, base: number): readonly number[] {
  const tolerance = 1e-9;
  const first = Math.floor(Math.log(low) / Math.log(base) + tolerance);
  const last = Math.max(first + 1, Math.ceil(Math.log(high) / Math.log(base) - tolerance));
  return Array.from({ length: last - first + 1 }, (_, step) => base ** (first + step));
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

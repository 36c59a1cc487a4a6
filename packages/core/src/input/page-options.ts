import { invalidArgument } from "../call.ts";
import type { EnumerateOptions } from "../fleet.ts";
import type { Limits } from "../limits.ts";
import { type Projection, projectionOf } from "../query/projection.ts";
import { parseSortBy, type SortKey } from "../query/sort.ts";

const SOURCE = "core.enumerate";
const DEFAULT_LIMIT = 100;

/** The options of one `enumerate`, checked. */
export interface PageOptions {
  readonly keys: readonly SortKey[];
  readonly limit: number;
  readonly offset: number;
  /** What of the metadata is handed out; absent: none. */
  readonly view: Projection | undefined;
  readonly isCounted: boolean;
}

/** @throws INVALID_ARGUMENT */
export function readPageOptions(options: EnumerateOptions, limits: Limits): PageOptions {
  const keys = parseSortBy(options.sortBy ?? [], SOURCE);
  const limit = wholeNumber("limit", options.limit ?? Math.min(DEFAULT_LIMIT, limits.maxPageSize));
  const offset = wholeNumber("offset", options.offset ?? 0);
  if (limit > limits.maxPageSize)
    throw invalidArgument(SOURCE, `limit is at most ${limits.maxPageSize}; read on with the cursor`);
  if (keys.length > 0 && offset + limit > limits.maxSortWindow) {
    throw invalidArgument(
      SOURCE,
      `offset + limit is at most ${limits.maxSortWindow} under sortBy; read on with the cursor`,
    );
  }
  return { keys, limit, offset, view: viewOf(options, SOURCE), isCounted: flag("count", options.count ?? false) };
}

/** What of the metadata is handed out; `undefined`: none, so that it need not be read. @throws INVALID_ARGUMENT */
export function viewOf(
  options: Pick<EnumerateOptions, "includeMetadata" | "projection">,
  source: string,
): Projection | undefined {
  const project =
    options.projection === undefined
      ? (whole: Parameters<Projection>[0]) => whole
      : projectionOf(options.projection, source);
  return flag("includeMetadata", options.includeMetadata ?? true) ? project : undefined;
}

function wholeNumber(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(SOURCE, `${name} is a whole number from 0`);
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw invalidArgument(SOURCE, `${name} is true or false`);
}

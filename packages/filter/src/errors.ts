/** What can be wrong with a filter: its meaning, or its size. */
export type FilterErrorCode = "INVALID_FILTER" | "FILTER_TOO_COMPLEX";

/**
 * The only error this package throws at bad input. The message says what is wrong, where, and what to write instead;
 * core passes it on inside its own error.
 */
export class FilterError extends Error {
  override readonly name = "FilterError";
  readonly code: FilterErrorCode;
  /** `path`: an RFC 6901 pointer into the filter as written (`/$and/0/battery.lt`); `""` is the whole filter. */
  readonly detail: { readonly path: string };

  constructor(code: FilterErrorCode, path: string, problem: string) {
    super(path === "" ? problem : `at ${path}: ${problem}`);
    this.code = code;
    this.detail = { path };
  }
}

export function invalidFilter(path: string, problem: string): FilterError {
  return new FilterError("INVALID_FILTER", path, problem);
}

export function tooComplex(path: string, problem: string): FilterError {
  return new FilterError("FILTER_TOO_COMPLEX", path, problem);
}

/** Extends an RFC 6901 pointer by one step. */
export function pointer(path: string, step: string | number): string {
  return `${path}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A short, printable form of anything, for messages; runs no code of the value. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : "an object or array";
    default:
      return `a ${typeof value}`;
  }
}

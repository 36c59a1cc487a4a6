import { tooComplex } from "./errors.ts";

/** How large a filter may be, counted on the tree as written, before anything is simplified. */
export interface FilterLimits {
  /**
   * A comparison is depth 1 and each combinator adds 1. A combinator is `$and`, `$or`, `$not`, an object of several keys
   * and an operator object of several operators.
   */
  readonly maxDepth: number;
  /** Comparisons in the whole filter; a list of values is one. */
  readonly maxClauses: number;
  /** Values in one `$in` or `$nin`. */
  readonly maxInValues: number;
  /** Code points of one regular expression. */
  readonly maxPatternLength: number;
  /** One operand, or one value of a list, as JSON text in UTF-8 (string escapes are not counted). */
  readonly maxOperandBytes: number;
  /** All keys and operands of the filter together. */
  readonly maxFilterBytes: number;
}

export const DEFAULT_LIMITS: FilterLimits = {
  maxDepth: 5,
  maxClauses: 20,
  maxInValues: 1_000,
  maxPatternLength: 1_000,
  maxOperandBytes: 65_536,
  maxFilterBytes: 1_048_576,
};

/** No limit can be raised above this: every consumer of a filter may walk it recursively. */
export const MAX_TREE_DEPTH = 64;
/** Objects and arrays within one operand; the depth metadata may have. */
export const MAX_OPERAND_DEPTH = 32;

/** What is left to spend while one filter is read. */
export interface Budget {
  readonly limits: FilterLimits;
  clauses: number;
  bytes: number;
}

export function openBudget(limits: Partial<FilterLimits> = {}): Budget {
  const merged = { ...DEFAULT_LIMITS, ...limits };
  return { limits: merged, clauses: merged.maxClauses, bytes: merged.maxFilterBytes };
}

export function enterDepth(budget: Budget, depth: number, at: string): void {
  const max = Math.min(budget.limits.maxDepth, MAX_TREE_DEPTH);
  if (depth > max)
    throw tooComplex(at, `filters nest at most ${max} deep; several keys in one object count as a level`);
}

export function spendClause(budget: Budget, at: string): void {
  budget.clauses -= 1;
  if (budget.clauses < 0) throw tooComplex(at, `a filter has at most ${budget.limits.maxClauses} comparisons`);
}

export function spendBytes(budget: Budget, bytes: number, at: string): void {
  budget.bytes -= bytes;
  if (budget.bytes < 0)
    throw tooComplex(at, `keys and operands take at most ${budget.limits.maxFilterBytes} bytes together`);
}

/** UTF-8 bytes of a well-formed string. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** What conditions are written for, and with. */

import type { Path } from "@muster/filter";
import type { IndexKind, Names } from "../keys.ts";
import type { Parameters } from "./parameters.ts";

/** Which fields have an index of that kind, so that it pays to ask it. */
export interface FieldIndexes {
  has(kind: IndexKind, path: Path): boolean;
}

/** What conditions are written for. */
export interface Target {
  readonly names: Names;
  readonly namespace: string;
  readonly indexes: FieldIndexes;
  /** The row that is found first, by an index; the other one by its key. */
  readonly first: "registrations" | "metadata";
}

export interface Writing extends Target {
  readonly parameters: Parameters;
  /** Below a negation: no index helps, and null is not false. */
  readonly isNegated: boolean;
}

/** The identity in the row that is found first. */
export function identityIn({ first }: Pick<Target, "first">): string {
  return first === "metadata" ? "m.identity" : "r.identity";
}

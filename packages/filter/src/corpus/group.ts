import type { FilterSchema, Metadata } from "../ast.ts";
import type { FilterErrorCode } from "../errors.ts";

/** One registration of a group. */
export interface CorpusDocument {
  /** Also its identity. */
  readonly id: string;
  readonly metadata: Metadata;
  /** Epoch ms; only in groups that are `evaluatorOnly`. */
  readonly registeredAt?: number;
  readonly attached?: boolean;
}

/** A filter with the documents of its group that it matches, in no order, or the error it is refused with. */
export type CorpusCase = {
  /** Unique in the corpus: `group/name`. */
  readonly id: string;
  /** As a caller would hand it over; not always JSON. */
  readonly filter: unknown;
  readonly schema?: FilterSchema;
  /** Why the answer is what it is, where two honest readers may differ. */
  readonly note?: string;
} & (
  | { readonly matches: readonly string[]; readonly error?: never }
  | { readonly error: FilterErrorCode; readonly matches?: never }
);

/** Documents that are registered together, alone in a namespace, and the filters asked of them. */
export interface CorpusGroup {
  readonly id: string;
  readonly documents: readonly CorpusDocument[];
  readonly cases: readonly CorpusCase[];
  /** The documents state facts that no store can be told; only the evaluator can be asked. */
  readonly evaluatorOnly?: true;
}

/** A group whose documents are given by id, and whose cases by the rest of their id. */
export function group(
  id: string,
  documents: Readonly<Record<string, Metadata>>,
  cases: Readonly<Record<string, OmitId<CorpusCase>>>,
): CorpusGroup {
  return {
    id,
    documents: Object.entries(documents).map(([name, metadata]) => ({ id: name, metadata })),
    cases: Object.entries(cases).map(([name, rest]) => ({ id: `${id}/${name}`, ...rest })),
  };
}

type OmitId<T> = T extends unknown ? Omit<T, "id"> : never;

/** Metadata from JSON text, for keys such as `__proto__` that a literal would not make. */
export function json(text: string): Metadata {
  return JSON.parse(text) as Metadata;
}

/** A refused filter. */
export function refused(filter: unknown, note?: string): OmitId<CorpusCase> {
  return { filter, error: "INVALID_FILTER", ...(note === undefined ? {} : { note }) };
}

/** A filter that is too large. */
export function tooComplex(filter: unknown, note?: string): OmitId<CorpusCase> {
  return { filter, error: "FILTER_TOO_COMPLEX", ...(note === undefined ? {} : { note }) };
}

/** A filter and whom it matches. */
export function matches(filter: unknown, ids: readonly string[], note?: string): OmitId<CorpusCase> {
  return { filter, matches: ids, ...(note === undefined ? {} : { note }) };
}

/** What is to be stored, and what has been. */

import type { SetMode } from "@muster/core/slots";

/** What entries of one batch mostly have in common. */
export interface Terms {
  readonly ttlMs: number | undefined;
  readonly session: string | undefined;
  readonly address: string | undefined;
  readonly sessionBound: boolean;
}

/** An entry, with its metadata as JSON text and as facts. */
export interface Draft {
  readonly identity: string;
  readonly document: string;
  readonly facts: string;
  readonly attempt: string;
  readonly mode: SetMode;
  readonly terms: Terms;
}

/** Drafts on their way to the thread, column by column: an object for each would cost both sides as much as all else does. */
export interface DraftColumns {
  readonly identities: readonly string[];
  readonly documents: readonly string[];
  readonly facts: readonly string[];
  readonly attempts: readonly string[];
  readonly modes: readonly SetMode[];
  /** Those of the entries behind each other that have the same stand here once. */
  readonly terms: readonly Terms[];
  /** Of each entry, which of the terms are its. */
  readonly termNumbers: readonly number[];
}

export function draftsIn(columns: DraftColumns): readonly Draft[] {
  const { documents, facts, attempts, modes, terms, termNumbers } = columns;
  return columns.identities.map((identity, index) => ({
    identity,
    document: documents[index] ?? "",
    facts: facts[index] ?? "",
    attempt: attempts[index] ?? "",
    mode: modes[index] ?? "create",
    terms: terms[termNumbers[index] ?? 0] ?? NO_TERMS,
  }));
}

/** Columns are equally long: nobody has these. */
const NO_TERMS: Terms = { ttlMs: undefined, session: undefined, address: undefined, sessionBound: false };

/** What was written now, beside what the caller knows. */
export type Stamp = readonly [epoch: number, revision: number, registeredAt: number, expiresAt: number | null];

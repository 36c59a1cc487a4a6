/** What is to be stored, and what has been. */

import type { SetMode } from "@muster/core/slots";

/** An entry, with its metadata as JSON text and as facts. */
export interface Draft {
  readonly identity: string;
  readonly document: string;
  readonly facts: string;
  readonly ttlMs: number | undefined;
  readonly session: string | undefined;
  readonly address: string | undefined;
  readonly sessionBound: boolean;
  readonly attempt: string;
  readonly mode: SetMode;
}

/** What was written now, beside what the caller knows. */
export type Stamp = readonly [epoch: number, revision: number, registeredAt: number, expiresAt: number | null];

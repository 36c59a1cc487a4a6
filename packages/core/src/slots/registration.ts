/** What a registry keeps of an identity. */

import type { Metadata } from "@muster/filter";

/** Identities with this prefix are sessions; users' identities never begin with `$`. */
export const SESSION_PREFIX = "$session/";

/**
 * Where messages for an identity go, what fences them, and the facts beside the metadata: everything that the fan-out
 * and whoever asks for no metadata need, nothing that has to be parsed.
 */
export interface Route {
  readonly identity: string;
  /** Integer ≤ 2^53 − 1, unique per identity for ever; it fences. */
  readonly epoch: number;
  /** Id of the session that serves it; absent: none does. */
  readonly session: string | undefined;
  /** Where to publish; absent: it is registered but receives nothing. */
  readonly address: string | undefined;
  /** Epoch ms, store's clock. */
  readonly registeredAt: number;
  /** Epoch ms; absent: never by itself, because its session keeps it or because it has no TTL. */
  readonly expiresAt: number | undefined;
  /** Time to live after the last sign of life; absent: for ever. */
  readonly ttlMs: number | undefined;
  /** Starts at 1 and grows by 1 with each rewrite, as by an update of metadata; renewals leave it alone. */
  readonly revision: number;
}

/** One life of an identity. */
export interface Registration extends Route {
  readonly metadata: Metadata;
  /** Id of the call that wrote it last: a register or an update. */
  readonly attempt: string;
}

/**
 * The registry slot: who is there.
 *
 * A registry keeps one record per identity and decides, atomically and by its own clock, who may write it. It never
 * looks into metadata except to filter. Three rules hold for every method:
 *
 * - **Expired is gone.** From its `expiresAt` on a record is returned by nothing and revived by nothing, whether or not
 *   anything has cleaned it up. The store's own TTL, where it has one, is only garbage collection.
 * - **Epochs fence.** Each stored registration has an epoch larger than any the store still knows of its identity. A
 *   write that names another epoch than the stored one changes nothing.
 * - **Sessions are records too**, under the reserved prefix `$session/`. They are written, renewed, read and reaped like
 *   any other, but no scan, count, census or quota ever includes one.
 *
 * Life and end of a record:
 *
 * ```
 * setMany ──► live ──(expiresAt passes)──► expired, hidden ──reap "expired" + confirm──► tombstone ──reap "over" + confirm──► nothing
 *               ▲                                    │                                       │
 *               └──────────────── setMany with mode "create" takes over, voiding any claim ──┘
 * ```
 */

import type { Filter, Metadata } from "@muster/filter";
import type { Backend, Call } from "./backend.ts";
import type { Registration, Route } from "./registration.ts";
import type { SortFacet } from "./sorting.ts";

/** Facts a registry states about itself. */
export interface RegistryTraits {
  /** What a read sees after a write that has returned: anyone's, this object's own, or in time (`staleMs`). */
  readonly consistency: "linearizable" | "read-your-writes" | "eventual";
  /** How old an answer may be; 0 unless `eventual`. */
  readonly staleMs: number;
  /** How much later than asked a record may expire. Never earlier. */
  readonly ttlResolutionMs: number;
  /** `estimated`: an offset measured from the server's timestamps; claims then wait `maxErrorMs` more. */
  readonly clock: { readonly source: "store" | "estimated"; readonly maxErrorMs: number };
  /** `approximate` may overshoot by one batch per concurrent writer and refuses within 1 s after that. */
  readonly quota: "exact" | "approximate";
  readonly maxIdentityBytes: number;
  /** Longest record: identity, metadata as JSON text and everything beside it. */
  readonly maxRecordBytes: number;
}

/**
 * - `create`: refused (`exists`) while a *live* registration stands. One that expired, or that is *offline* (its session
 *   is none, or its record has expired or gone), is taken over.
 * - `replace`: takes over whatever stands.
 * - `{ epoch, revision? }`: rewrites the registration with that epoch (metadata, TTL, session, address, attempt), keeping
 *   epoch, `registeredAt` and, unless `sessionBound` changes, its expiry; `revision` grows by 1. Refused with `fenced`
 *   when the epoch is another or the record is gone, with `conflict` when `revision` is given and is another.
 */
export type SetMode = "create" | "replace" | { readonly epoch: number; readonly revision?: number };

export interface SetEntry {
  readonly identity: string;
  /** Already checked against schema and limits; stored and given back as the same JSON. */
  readonly metadata: Metadata;
  readonly ttlMs: number | undefined;
  readonly session: string | undefined;
  readonly address: string | undefined;
  /**
   * True: no expiry of its own, its session keeps it alive; `ttlMs` is stored for the day the session dies. Refused
   * (`session`) unless the session's record lives at that moment: nobody would ever stamp what a dead one keeps.
   * False: expires `ttlMs` from now, store's clock.
   */
  readonly sessionBound: boolean;
  /** The same attempt again gets the same outcome, and stores nothing twice. */
  readonly attempt: string;
  readonly mode: SetMode;
}

/** `current` is the registration in the way, where the store has it at hand. */
export type SetOutcome =
  | { readonly stored: Registration }
  | { readonly refused: "exists" | "quota" | "fenced" | "conflict" | "session"; readonly current?: Registration };

/**
 * A sign of life for one registration.
 *
 * Without `expiresAt` a record that is not session-bound gets now + `ttlMs` (absent: the stored TTL), and a session-bound
 * one is only looked at; a `ttlMs` given is stored. With `expiresAt` the record expires by itself then, but never earlier
 * than it already would: this is how the reaper stamps what a dead session has left behind.
 */
export interface Lease {
  readonly identity: string;
  readonly epoch: number;
  readonly ttlMs?: number;
  /** Epoch ms, store's clock. */
  readonly expiresAt?: number;
}

/** The new `expiresAt`; `"never"` where there is none; `"absent"` includes the expired: renewal revives nothing. */
export type LeaseOutcome = number | "never" | "fenced" | "absent";

/**
 * `attempt` deletes what one register call stored, whatever epoch it got; it never deletes a successor, nor what has been
 * updated since: both are `fenced`.
 */
export type DeleteKey =
  | { readonly identity: string; readonly epoch: number }
  | { readonly identity: string; readonly attempt: string };

/** `fenced`: another life stands there now. */
export type DeleteOutcome = "deleted" | "absent" | "fenced";

export interface ScanQuery {
  /** Continue behind this identity (exclusive), in UTF-8 byte order; it need not exist. */
  readonly after?: string;
  /** Most registrations of one page; pages may be smaller, also empty, before the end. */
  readonly pageSize: number;
  /** What {@link FilterFacet.split} gave as `native`; only with that facet. */
  readonly filter?: Filter;
  /** Only what this session serves. */
  readonly session?: string;
}

/**
 * `expired`: hidden from every read already, now to be told to whom it concerns and no longer counted; `over`: its
 * grace is out, its tombstone can go.
 */
export type ReapStep = "expired" | "over";

export interface ReapClaim {
  readonly registration: Registration;
  readonly step: ReapStep;
}

/** Registrations that the quota counts, and those among them that have expired without having passed that step. */
export interface Census {
  readonly counted: number;
  readonly expired: number;
}

export interface CensusOptions {
  /**
   * To count all may take a store long, and most who ask only want to know whether most have expired: where fewer have than
   * this, `counted` need not be counted, and is any number from `expired` up. Default 0.
   */
  readonly minExpired?: number;
}

export interface RegistryBackend extends Backend {
  readonly traits: RegistryTraits;

  /**
   * Stores, each entry atomically for itself, in any order; an identity occurs once per batch. Outcomes stand in the
   * order of the entries.
   *
   * Registering over an expired record voids every claim on it. A repeated attempt whose registration still stands gives
   * that registration back, in any mode.
   *
   * @throws UNAVAILABLE, TIMEOUT, ABORTED, CLOSED: with `mayHaveApplied` some entries may have been stored.
   */
  setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]>;

  /** In the order of `identities`; `undefined` for the unknown and the expired. Sessions can be asked for. */
  getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]>;

  /** Renews without touching metadata, attempt or revision. */
  renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]>;

  /** Removes at once, without a tombstone and without reaping. Twice: `absent`. */
  deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]>;

  /**
   * Pages in UTF-8 byte order of identity. Nobody appears twice; whoever is registered throughout, in one epoch, appears
   * exactly once; whoever comes or goes meanwhile may appear or not. Ending the iteration frees everything.
   */
  scan(query: ScanQuery, call: Call): AsyncIterable<readonly Registration[]>;

  /** As {@link scan}, without reading metadata: the first half of every multicast, and of lists that ask for none. */
  scanRoutes(query: ScanQuery, call: Call): AsyncIterable<readonly Route[]>;

  /**
   * Claims up to `limit` due steps for `claimMs`, oldest first, for this caller alone. A claim that is not confirmed by
   * then is handed out again: a crash repeats a step and never skips it. `over` is due `graceMs` after `expired` was
   * confirmed; a step is never due while the one before is unconfirmed. Sessions have both steps too.
   */
  reap(
    options: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
    call: Call,
  ): Promise<readonly ReapClaim[]>;

  /** Ends claimed steps. Does nothing for a registration that has been taken over, or a step already confirmed. */
  confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void>;

  census(call: Call, options?: CensusOptions): Promise<Census>;

  /** Present: `scan` and `scanRoutes` take the native part of a filter. */
  readonly filters?: FilterFacet;
  /** Present: counts without handing out records. */
  readonly counts?: CountFacet;
  /** Present: gives the first of a sorted enumeration without handing out the others. */
  readonly sorts?: SortFacet;
}

export interface FilterFacet {
  /**
   * What this registry selects itself, and what is left for core: `native AND residual` is the filter. Pure and total;
   * usually `splitFilter` of `@muster/filter` with a predicate over leaves. Leaves on `$attached` are never native.
   */
  split(filter: Filter): { readonly native?: Filter; readonly residual?: Filter };
}

export interface CountFacet {
  /** Live registrations that match `filter`, which split without a residual; absent: all. */
  count(filter: Filter | undefined, call: Call): Promise<number>;
}

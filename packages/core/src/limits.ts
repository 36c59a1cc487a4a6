/** What one namespace allows; every limit is checked before anything is sent. */
export interface Limits {
  /** Registrations the namespace may hold; absent: no limit. */
  readonly maxIdentities?: number;
  /** Longest TTL; absent: no limit, and `ttlMs: null` is allowed. */
  readonly maxTtlMs?: number;
  /** Longest metadata, as JSON text in UTF-8 bytes. Default 65,536. */
  readonly maxMetadataBytes: number;
  /** Largest `offset + limit` of a sorted enumerate, which core keeps in a heap. Default 10,000. */
  readonly maxSortWindow: number;
  /** Most registrations on one page of an enumerate. Default 1,000. */
  readonly maxPageSize: number;
}

export const DEFAULT_LIMITS: Limits = { maxMetadataBytes: 65_536, maxSortWindow: 10_000, maxPageSize: 1_000 };

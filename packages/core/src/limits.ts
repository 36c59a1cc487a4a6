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
  /** Durable messages that may be queued for one identity, where the durability slot counts them; absent: no limit. */
  readonly maxQueued?: number;
  /** Tries of a durable message before it becomes a dead letter. Default 16. */
  readonly maxAttempts: number;
  /** Durable messages that may be in this process' hands at once, waiting or running. Default 4,096. */
  readonly prefetch: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxMetadataBytes: 65_536,
  maxSortWindow: 10_000,
  maxPageSize: 1_000,
  maxAttempts: 16,
  prefetch: 4_096,
};

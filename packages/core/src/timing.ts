/** Durations of one fleet, in ms. */
export interface Timing {
  /** TTL of a registration that names none. Default 30,000. */
  readonly ttlMs: number;
  /** Lease of this process' session. A TTL of less than twice that is renewed for each identity by itself. Default 10,000. */
  readonly sessionLeaseMs: number;
  /** Deadline of a call that names none. Default 10,000. */
  readonly timeoutMs: number;
  /** How often the reaper looks. Default 1,000. */
  readonly reapIntervalMs: number;
  /** How long a reaper keeps a claim. Default 30,000. */
  readonly claimMs: number;
  /** How often the session compares the store with its own table. Default 60,000. */
  readonly auditIntervalMs: number;
  /** How long an ended registration's queue waits for its next life. Default 600,000; 0 without a durability slot. */
  readonly queueGraceMs: number;
  /** How long a durable message that names no TTL waits for its recipients. Default 86,400,000: a day. */
  readonly messageTtlMs: number;
  /** How often a session looks for durable messages that nothing has told it of, ± 20 %. Default 5,000. */
  readonly pollIntervalMs: number;
  /** Lease of a durable message in a handler's hands; extended for as long as the handler runs. Default 30,000. */
  readonly handlerLeaseMs: number;
  /** How long a handler may take before its message is given to the next try. Default 300,000. */
  readonly maxHandlerMs: number;
  /** How long receipts can be read, and an idempotency key is known. Default 86,400,000: a day. */
  readonly trackingRetentionMs: number;
  /** How long dead letters are kept. Default 604,800,000: seven days. */
  readonly deadLetterRetentionMs: number;
  /** How often a relay looks for committed multicasts that nothing has told it of, ± 20 %. Default 1,000. */
  readonly relayPollMs: number;
  /** A relay's lease on its share of the outbox. Default 10,000. */
  readonly relayLeaseMs: number;
}

export const DEFAULT_TIMING: Timing = {
  ttlMs: 30_000,
  sessionLeaseMs: 10_000,
  timeoutMs: 10_000,
  reapIntervalMs: 1_000,
  claimMs: 30_000,
  auditIntervalMs: 60_000,
  queueGraceMs: 600_000,
  messageTtlMs: 86_400_000,
  pollIntervalMs: 5_000,
  handlerLeaseMs: 30_000,
  maxHandlerMs: 300_000,
  trackingRetentionMs: 86_400_000,
  deadLetterRetentionMs: 604_800_000,
  relayPollMs: 1_000,
  relayLeaseMs: 10_000,
};

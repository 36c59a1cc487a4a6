/** What a receiver is handed. */
export interface Message {
  /** The multicast's id, the same for all its recipients. */
  readonly id: string;
  /** Whom it was sent to. */
  readonly identity: string;
  readonly epoch: number;
  /** MIME type; the default of bytes is `application/octet-stream`. */
  readonly contentType: string;
  /** Epoch ms by the sender's clock. */
  readonly sentAt: number;
  /** 1 for the first try; a message that came back has been tried before, here or elsewhere, perhaps to its end. */
  readonly attempt: number;
  /** Aborts when the outcome is of no use to anybody any more: its registration or its lease was lost, or time is out. */
  readonly signal: AbortSignal;
  /** The payload; the array is shared between the recipients of one process and must not be changed. */
  bytes(): Uint8Array;
  /** The payload as UTF-8. */
  text(): string;
  /** The payload as JSON. @throws SyntaxError when it is none. */
  json(): unknown;
  /**
   * Fails for good: once the handler has returned the sender's receipt reads `failed` with `REJECTED` and this reason, and a
   * durable message becomes a dead letter. At-most-once nobody hears of it.
   */
  reject(reason: string): void;
}

/** What a handler is given beside its message. */
export interface HandlerContext<Transaction = unknown> {
  /**
   * Of an `exactly-once` message on a transactional durability slot: what is written through it commits together with the
   * acknowledgement, or not at all. `undefined` for every other message.
   */
  readonly transaction: Transaction | undefined;
}

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
  /** The payload; the array is shared between the recipients of one process and must not be changed. */
  bytes(): Uint8Array;
  /** The payload as UTF-8. */
  text(): string;
  /** The payload as JSON. @throws SyntaxError when it is none. */
  json(): unknown;
}

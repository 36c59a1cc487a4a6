/** Receipts: they say all that is needed to settle what they name. */

export interface Receipt {
  /** Number of the lease. */
  readonly lease: number;
  /** How much was handed out with it; 0: its receipts don't tell. */
  readonly size: number;
  /** Number of the message. */
  readonly message: number;
  readonly attempt: number;
  /** Where the row lay when it was leased. */
  readonly place: string;
  readonly identity: string;
}

/** One of a batch: how it reads, and where it stands. */
export interface Entry {
  readonly receipt: Receipt;
  readonly text: string;
  readonly index: number;
}

const SHAPE = /^(\d{1,16})(?:\/(\d{1,9}))?\.(\d{1,16})\.(\d{1,9})(\(\d{1,9},\d{1,5}\))([^\0]+)$/;

/** What receipts of one lease, and of one message in it, begin with. */
export function receiptHead(lease: string, size: string, message: string): string {
  return `${lease}/${size}.${message}.`;
}

export function receiptOf(head: string, attempt: number, place: string, identity: string): string {
  return head + attempt + place + identity;
}

/** `undefined`: this slot has never given such a receipt. */
export function readReceipt(receipt: string): Receipt | undefined {
  const [, lease, size = 0, message, attempt, place, identity] = SHAPE.exec(receipt) ?? [];
  if (place === undefined || identity === undefined) return undefined;
  return {
    lease: Number(lease),
    size: Number(size),
    message: Number(message),
    attempt: Number(attempt),
    place,
    identity,
  };
}

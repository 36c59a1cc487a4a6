/** Receipts: they say all that is needed to settle what they name. */

export interface Receipt {
  /** Number of the lease. */
  readonly lease: number;
  /** Number of the message. */
  readonly message: number;
  readonly attempt: number;
  /** Where the row lay when it was leased. */
  readonly place: string;
  readonly identity: string;
}

const SHAPE = /^(\d{1,16})\.(\d{1,16})\.(\d{1,9})(\(\d{1,9},\d{1,5}\))([^\0]+)$/;

export function receiptOf(lease: string, message: string, attempt: number, place: string, identity: string): string {
  return `${lease}.${message}.${attempt}${place}${identity}`;
}

/** `undefined`: this slot has never given such a receipt. */
export function readReceipt(receipt: string): Receipt | undefined {
  const [, lease, message, attempt, place, identity] = SHAPE.exec(receipt) ?? [];
  if (place === undefined || identity === undefined) return undefined;
  return { lease: Number(lease), message: Number(message), attempt: Number(attempt), place, identity };
}

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

/** The lease, and how much it holds where that is told. */
const LEASE = /^(\d{1,16})\/(\d{1,9})\.$/;
const SHAPE = /^(\d{1,16})(?:\/\d{1,9})?\.(\d{1,16})\.(\d{1,9})(\(\d{1,9},\d{1,5}\))([^\0]+)$/;

/** What receipts of one lease, and of one message in it, begin with. */
export function receiptHead(lease: string, size: string, message: string): string {
  return `${lease}/${size}.${message}.`;
}

export function receiptOf(head: string, attempt: number, place: string, identity: string): string {
  return head + attempt + place + identity;
}

/** `undefined`: this slot has never given such a receipt. */
export function readReceipt(receipt: string): Receipt | undefined {
  const [, lease, message, attempt, place, identity] = SHAPE.exec(receipt) ?? [];
  if (place === undefined || identity === undefined) return undefined;
  return { lease: Number(lease), message: Number(message), attempt: Number(attempt), place, identity };
}

/** What all receipts of a lease begin with, and no others. */
export function leaseHead(receipt: string): string {
  return receipt.slice(0, receipt.indexOf(".") + 1);
}

/** Number and size of a lease; `undefined`: its receipts don't tell, or it is none. */
export function readLease(head: string): { readonly lease: number; readonly size: number } | undefined {
  const [, lease, size] = LEASE.exec(head) ?? [];
  return size === undefined ? undefined : { lease: Number(lease), size: Number(size) };
}

/** Receipts: they say all that is needed to find what they name. */

export interface Receipt {
  /** Number of the lease. */
  readonly lease: number;
  /** Number of the message. */
  readonly message: number;
  /** With the identity the key of its row in the queue. */
  readonly seq: number;
  readonly identity: string;
}

const SHAPE = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.([^\0]+)$/;

export function receiptOf({ lease, message, seq, identity }: Receipt): string {
  return `${lease}.${message}.${seq}.${identity}`;
}

/** `undefined`: this slot has never given such a receipt. */
export function readReceipt(receipt: string): Receipt | undefined {
  const [, lease, message, seq, identity] = SHAPE.exec(receipt) ?? [];
  if (identity === undefined) return undefined;
  return { lease: Number(lease), message: Number(message), seq: Number(seq), identity };
}

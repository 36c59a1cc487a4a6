/** Receipts: they say all that is needed to settle what they name. */

export interface Receipt {
  /** As the server knows it: number of the message, colon, number of the page. */
  readonly page: string;
  readonly place: number;
  /** Number of the lease, among those of the same delivery. */
  readonly serial: number;
}

/** Receipts that one answer to `dequeue` gives out for one page. */
export function receiptsOf(seal: string, page: string): (place: number | string, serial: number | string) => string {
  const start = `${seal}.${page}.`;
  return (place, serial) => `${start}${place}.${serial}`;
}

/** `undefined`: this slot has never given such a receipt, in this namespace. */
export function readReceipt(seal: string, receipt: string): Receipt | undefined {
  if (!receipt.startsWith(seal)) return undefined;
  const [, page, place, serial] = SHAPE.exec(receipt.slice(seal.length)) ?? [];
  return page === undefined ? undefined : { page, place: Number(place), serial: Number(serial) };
}

const SHAPE = /^\.(\d{1,16}:\d{1,12})\.([1-9]\d{0,4})\.([1-9]\d{0,8})$/;

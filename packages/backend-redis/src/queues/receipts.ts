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

/** Of a whole page, leased for the first time. */
export function firstReceipts(seal: string, page: string, count: number): readonly string[] {
  while (firstEnds.length < count) firstEnds.push(`${firstEnds.length + 1}.1`);
  const start = `${seal}.${page}.`;
  const receipts: string[] = [];
  for (let index = 0; index < count; index += 1) receipts.push(start + (firstEnds[index] ?? ""));
  return receipts;
}

/** By place, from 1. */
const firstEnds: string[] = [];

/** Reads many, one after the other: those of one page mostly follow each other. */
export class ReceiptReader {
  readonly #seal: string;
  /** What the receipts of the last page begin with. */
  #start = "";
  #page = "";

  constructor(seal: string) {
    this.#seal = seal;
  }

  /** `undefined`: this slot has never given such a receipt, in this namespace. */
  read(receipt: string): Receipt | undefined {
    if (this.#start === "" || !receipt.startsWith(this.#start)) {
      const page = receipt.startsWith(this.#seal) ? PAGE.exec(receipt.slice(this.#seal.length))?.[1] : undefined;
      if (page === undefined) return undefined;
      this.#page = page;
      this.#start = `${this.#seal}.${page}.`;
    }
    const dot = receipt.indexOf(".", this.#start.length);
    const place = numeralIn(receipt, this.#start.length, dot, MOST_PLACE_DIGITS);
    const serial = numeralIn(receipt, dot + 1, receipt.length, MOST_SERIAL_DIGITS);
    return place > 0 && serial > 0 ? { page: this.#page, place, serial } : undefined;
  }
}

const PAGE = /^\.(\d{1,16}:\d{1,12})\./;
const MOST_PLACE_DIGITS = 5;
const MOST_SERIAL_DIGITS = 9;

/** 0: it is not the numeral of a positive number as we write it. */
function numeralIn(text: string, start: number, end: number, mostDigits: number): number {
  if (end <= start || end - start > mostDigits) return 0;
  let number = 0;
  for (let at = start; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9) || (digit === 0 && at === start)) return 0;
    number = 10 * number + digit;
  }
  return number;
}

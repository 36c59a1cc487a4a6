/** Whole pages as they were handed out last: whoever settles all of one has the very texts that he was given. */

import type { Settlement } from "@muster/core/slots";

/** A page of a lane, all of it leased for the first time. */
export interface GivenPage {
  /** Number of the message, colon, number of the page. */
  readonly page: string;
  readonly session: string;
  /** Of the places from 1, in order. */
  readonly receipts: readonly string[];
  /** What the server has written of it: one letter for each delivery stands at its end. */
  readonly states: string;
}

/** How many receipts are held, beside those of the last page. */
const MOST = 20_000;

/** Whoever is wrong about one, because something has happened to it since, is told so by the server. */
export class GivenPages {
  readonly #byFirst = new Map<string, GivenPage>();
  #count = 0;

  add(given: GivenPage): void {
    const [first] = given.receipts;
    if (first === undefined) return;
    for (const oldest of this.#byFirst.values()) {
      if (this.#count <= MOST) break;
      this.#delete(oldest);
    }
    this.#byFirst.set(first, given);
    this.#count += given.receipts.length;
  }

  /** The page of which all is acknowledged from there on, in order. It is held no longer. */
  take(settlements: readonly Settlement[], from: number): GivenPage | undefined {
    if (this.#byFirst.size === 0) return undefined;
    const given = this.#byFirst.get(settlements[from]?.receipt ?? "");
    if (given === undefined || !isAcknowledged(given.receipts, settlements, from)) return undefined;
    this.#delete(given);
    return given;
  }

  #delete({ receipts }: GivenPage): void {
    this.#byFirst.delete(receipts[0] ?? "");
    this.#count -= receipts.length;
  }
}

function isAcknowledged(receipts: readonly string[], settlements: readonly Settlement[], from: number): boolean {
  let at = from;
  for (const receipt of receipts) {
    const settlement = settlements[at];
    if (settlement === undefined || settlement.as !== "ack" || settlement.receipt !== receipt) return false;
    at += 1;
  }
  return true;
}

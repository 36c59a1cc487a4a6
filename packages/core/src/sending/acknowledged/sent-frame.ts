/** Recipients of a multicast that were sent to together, by column: beside their names most of them never take a byte each. */

import type { MusterError } from "../../slots/index.ts";

/**
 * Where a recipient stands:
 *
 * - `queued`: to be published; `leaving`: the broker has not answered; `sent`: it has, and nothing was heard of it since;
 * - `running`: it has arrived, and its handler has not finished;
 * - `again`: it is to be sent again; `away`: nobody was attached to it; both at the frame's next turn;
 * - `looking`: the registry is being asked where it is;
 * - `settled`: it stands in the tally.
 */
export const STANDING = {
  queued: 0,
  leaving: 1,
  sent: 2,
  running: 3,
  again: 4,
  away: 5,
  looking: 6,
  settled: 7,
} as const;
/** Beside any of them: some try may have been handled, or may still be. */
const MAYBE = 0x10;
/** Smaller frames are kept whole. */
const COMPACT_FROM = 64;
const MAX_ATTEMPT = 0xff;

export type Standing = (typeof STANDING)[keyof typeof STANDING];

/** What is sent together, by column. */
export interface FrameColumns {
  readonly identities: readonly string[];
  readonly epochs: readonly number[];
  /** One for all, or one for each; absent: they are `away`. */
  readonly addresses?: string | readonly string[];
}

/**
 * A recipient's place is its number in the frame as it was made. It stays the same however often it is sent to, while its
 * index changes when the frame shrinks.
 */
export class SentFrame {
  readonly number: number;
  /** Not settled. */
  open: number;
  /** Turns it has had to send again. */
  turns = 0;
  /** Monotonic, of the last time: when any of it left, when the broker had it, and when anything was heard of it. */
  leftAt = 0;
  sentAt = 0;
  heardAt = 0;
  /** Nothing has been heard of it, and not for long: it counts as being under way. */
  isFresh = true;
  /** Why the broker has not taken what is to be sent again. */
  refusal: MusterError | undefined;
  /** Its next turn. */
  turn: Disposable | undefined;
  turnAt: number = Number.POSITIVE_INFINITY;
  #identities: readonly string[];
  /** Not its own until somebody has moved. */
  #epochs: readonly number[];
  #ownEpochs: number[] | undefined;
  #addresses: string | string[];
  /** Of all; with `#standings`, of nobody any more. */
  #common: number = STANDING.queued;
  /** By index, from when they no longer stand alike. */
  #standings: Uint8Array | undefined;
  /** By index, of the last try, or of the one that settled it. Absent: 1 for all. */
  #attempts: Uint8Array | undefined;
  /** By index, ascending, once the frame has shrunk. */
  #places: Uint16Array | undefined;

  constructor(number: number, { identities, epochs, addresses }: FrameColumns) {
    this.number = number;
    this.open = identities.length;
    this.#identities = identities;
    this.#epochs = epochs;
    this.#addresses = typeof addresses === "string" ? addresses : [...(addresses ?? [])];
    if (addresses !== undefined) return;
    this.#common = STANDING.away;
    this.#attempts = new Uint8Array(identities.length);
    this.#addresses = "";
  }

  get size(): number {
    return this.#identities.length;
  }

  /** Everyone, settled or not, as long as it has not shrunk. */
  get identities(): readonly string[] {
    return this.#identities;
  }

  /** Whether these places are all that it ever had, and none of them is settled. */
  isWhole(first: number, last: number): boolean {
    return first === 0 && last === this.size - 1 && this.open === this.size && this.#places === undefined;
  }

  get epochs(): readonly number[] {
    return this.#epochs;
  }

  /** -1: it was settled long ago, or never was. */
  indexOf(place: number): number {
    const places = this.#places;
    if (places === undefined) return place < this.size ? place : -1;
    let [low, high] = [0, places.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = places[middle] ?? 0;
      if (found === place) return middle;
      if (found < place) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  placeAt(index: number): number {
    return this.#places?.[index] ?? index;
  }

  identityAt(index: number): string {
    return this.#identities[index] ?? "";
  }

  epochAt(index: number): number {
    return this.#epochs[index] ?? 0;
  }

  addressAt(index: number): string {
    return typeof this.#addresses === "string" ? this.#addresses : (this.#addresses[index] ?? "");
  }

  attemptAt(index: number): number {
    return this.#attempts?.[index] ?? 1;
  }

  standingAt(index: number): number {
    return this.#stateAt(index) & ~MAYBE;
  }

  isSettled(index: number): boolean {
    return this.standingAt(index) === STANDING.settled;
  }

  /** Whether some try of it may have been handled, or may still be. */
  mayBeHandled(index: number): boolean {
    const standing = this.#stateAt(index);
    return (standing & MAYBE) !== 0 || (standing >= STANDING.leaving && standing <= STANDING.running);
  }

  /** @param maybe from now on it may have been handled, whatever becomes of it. */
  put(index: number, standing: Exclude<Standing, typeof STANDING.settled>, maybe = false): void {
    this.#own()[index] = standing | (this.#stateAt(index) & MAYBE) | (maybe ? MAYBE : 0);
  }

  /** Whoever of these stands at `from` goes on to `to`. @param places absent: all in it. */
  move(places: readonly number[] | undefined, from: Standing, to: Exclude<Standing, typeof STANDING.settled>): void {
    if (places !== undefined) {
      for (const place of places) this.#moveOne(this.indexOf(place), from, to);
    } else if (this.#standings !== undefined) {
      for (let index = 0; index < this.size; index += 1) this.#moveOne(index, from, to);
    } else if ((this.#common & ~MAYBE) === from) this.#common = to | (this.#common & MAYBE);
  }

  /** Every standing that there is in it is that of an index below: as long as all stand alike, of the first. */
  get variety(): number {
    return this.#standings === undefined ? Math.min(1, this.size) : this.size;
  }

  settle(index: number): void {
    this.#own()[index] = STANDING.settled;
    this.open -= 1;
  }

  settleAll(): void {
    this.#common = STANDING.settled;
    this.#standings = undefined;
    this.open = 0;
  }

  /** Another try, there and under that epoch. */
  moveTo(index: number, address: string, epoch: number): void {
    if (this.epochAt(index) !== epoch) this.#putEpoch(index, epoch);
    if (this.addressAt(index) === address) return;
    if (typeof this.#addresses === "string") this.#addresses = this.#identities.map((_, at) => this.addressAt(at));
    this.#addresses[index] = address;
  }

  #putEpoch(index: number, epoch: number): void {
    this.#ownEpochs ??= [...this.#epochs];
    this.#ownEpochs[index] = epoch;
    this.#epochs = this.#ownEpochs;
  }

  putAttempt(index: number, attempt: number): void {
    this.#attempts ??= new Uint8Array(this.size).fill(1);
    this.#attempts[index] = Math.min(attempt, MAX_ATTEMPT);
  }

  get isSentAgain(): boolean {
    return this.#attempts !== undefined;
  }

  /** Whether an answer to that try is about the last one. */
  isLast(index: number, attempt: number): boolean {
    return this.attemptAt(index) === Math.min(attempt, MAX_ATTEMPT);
  }

  #moveOne(index: number, from: Standing, to: Exclude<Standing, typeof STANDING.settled>): void {
    if (index >= 0 && this.standingAt(index) === from) this.put(index, to);
  }

  /** Its standing, and whether it may have been handled. */
  #stateAt(index: number): number {
    return this.#standings === undefined ? this.#common : (this.#standings[index] ?? STANDING.settled);
  }

  #own(): Uint8Array {
    return (this.#standings ??= new Uint8Array(this.size).fill(this.#common));
  }

  /** Forgets the settled when they are most of it: of a thousand a slow one would keep all. Changes indices. */
  shrink(): void {
    if (this.size < COMPACT_FROM || this.open === 0 || this.open > this.size / 4) return;
    const kept: number[] = [];
    for (let index = 0; index < this.size; index += 1) if (!this.isSettled(index)) kept.push(index);
    const addresses = this.#addresses;
    this.#places = Uint16Array.from(kept, (index) => this.placeAt(index));
    this.#attempts &&= Uint8Array.from(kept, (index) => this.attemptAt(index));
    this.#standings &&= Uint8Array.from(kept, (index) => this.#stateAt(index));
    this.#ownEpochs = kept.map((index) => this.epochAt(index));
    if (typeof addresses !== "string") this.#addresses = kept.map((index) => addresses[index] ?? "");
    this.#identities = kept.map((index) => this.identityAt(index));
    this.#epochs = this.#ownEpochs;
  }
}

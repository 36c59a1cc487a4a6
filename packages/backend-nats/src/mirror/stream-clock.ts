/**
 * The time of the server that stamps the messages of a stream which is read as it grows, known to lie between two bounds;
 * queues, which read no stream, ask for it instead (`../jetstream/clock.ts`).
 *
 * A message that was stored at T and arrives when the own clock says A shows that the server's is ahead by T − A or more;
 * one that left at L shows that it is ahead by T − L or less. The bounds widen as the two clocks may run apart, until
 * other messages narrow them again.
 */

/** As fast as clocks run apart at the worst: what NTP may slew by. */
const DRIFT = 0.000_5;

/** The server's time is no earlier than `earliest` and no later than `latest`: epoch ms, with fractions. */
export interface Moment {
  readonly earliest: number;
  readonly latest: number;
}

interface Bound {
  readonly offset: number;
  readonly since: number;
}

export class StreamClock {
  readonly #own: () => number;
  #ahead: Bound | undefined;
  #behind: Bound | undefined;

  /** @param own a clock that only goes on, in ms. */
  constructor(own: () => number = () => performance.now()) {
    this.#own = own;
  }

  get own(): number {
    return this.#own();
  }

  now(): Moment {
    const own = this.#own();
    return { earliest: own + this.#lowest(own), latest: own + this.#highest(own) };
  }

  /** How little is known of it now, ms. */
  get widthMs(): number {
    const { earliest, latest } = this.now();
    return latest - earliest;
  }

  /** Something has arrived that was stamped so. */
  hear(time: number): void {
    const own = this.#own();
    const offset = time - own;
    if (offset > this.#highest(own)) this.#behind = undefined; // It has been set forward.
    if (offset >= this.#lowest(own)) this.#ahead = { offset, since: own };
  }

  /** Something that left when the own clock said `leftAt` was stamped so, and has been heard of. */
  answer(time: number, leftAt: number): void {
    const own = this.#own();
    const offset = time - leftAt;
    if (offset < this.#lowest(own)) this.#ahead = { offset: time - own, since: own }; // It has been set back.
    if (offset <= this.#highest(own)) this.#behind = { offset, since: own };
  }

  /** Of another server, perhaps, or after a time in which the own clock may have stood still. */
  forget(): void {
    this.#ahead = undefined;
    this.#behind = undefined;
  }

  #lowest(own: number): number {
    return this.#ahead === undefined
      ? Number.NEGATIVE_INFINITY
      : this.#ahead.offset - (own - this.#ahead.since) * DRIFT;
  }

  #highest(own: number): number {
    if (this.#behind === undefined) return Number.POSITIVE_INFINITY;
    return this.#behind.offset + (own - this.#behind.since) * DRIFT;
  }
}

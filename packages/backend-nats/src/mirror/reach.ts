/** How far a stream has been read, and who waits for how much of it. */

interface Waiting {
  readonly place: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Reach {
  #waiting: Waiting[] = [];
  #reached = 0;
  #next = Number.POSITIVE_INFINITY;

  get reached(): number {
    return this.#reached;
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** The first place that anybody waits for. */
  get next(): number | undefined {
    return this.isAwaited ? this.#next : undefined;
  }

  /** Rejects when it is given up. */
  wait(place: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ place, resolve, reject });
      this.#next = Math.min(this.#next, place);
    });
  }

  advance(place: number): void {
    this.#reached = Math.max(this.#reached, place);
    if (this.#reached < this.#next) return;
    const done = this.#waiting.filter((one) => one.place <= this.#reached);
    this.#keep(this.#waiting.filter((one) => one.place > this.#reached));
    for (const { resolve } of done) resolve();
  }

  giveUp(error: Error): void {
    const all = this.#waiting;
    this.#keep([]);
    for (const { reject } of all) reject(error);
  }

  /** The stream is another. */
  beginAnew(error: Error): void {
    this.giveUp(error);
    this.#reached = 0;
  }

  #keep(waiting: Waiting[]): void {
    this.#waiting = waiting;
    this.#next = waiting.reduce((least, { place }) => Math.min(least, place), Number.POSITIVE_INFINITY);
  }
}

/** When work goes on: now, or when another process may be done. Nothing is waited for but by timers. */

/** How soon somebody who met a lock comes again, at first and in the end. */
const FIRST_MS = 1;
const LAST_MS = 4;

/**
 * Whoever writes on and on leaves no moment to those who come by from time to time: after so long with the lock in hand it
 * is left alone, for long enough that everyone who waits has come by once.
 */
const MAX_WORK_MS = 100;
const PAUSE_MS = LAST_MS + 1;

export class Patience {
  readonly #work: () => void;
  #isDue = false;
  #waitMs = FIRST_MS;
  #busySince: number | undefined;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** There is something to do; not before all who ask at the same moment have asked. */
  start(): void {
    if (!this.#isDue) this.#soon();
  }

  /** There may be more to do. */
  goOn(hasWritten: boolean): void {
    this.#waitMs = FIRST_MS;
    if (hasWritten) this.#busySince ??= performance.now();
    if (performance.now() - (this.#busySince ?? Number.POSITIVE_INFINITY) < MAX_WORK_MS) return this.#soon();
    this.#busySince = undefined;
    return this.#later(PAUSE_MS);
  }

  /** There is nothing more to do. */
  rest(): void {
    this.#waitMs = FIRST_MS;
    this.#busySince = undefined;
  }

  waitForOthers(): void {
    this.#busySince = undefined;
    this.#later(this.#waitMs * (0.5 + Math.random() / 2));
    this.#waitMs = Math.min(this.#waitMs * 2, LAST_MS);
  }

  #soon(): void {
    this.#isDue = true;
    setImmediate(() => this.#run());
  }

  #later(ms: number): void {
    this.#isDue = true;
    setTimeout(() => this.#run(), ms);
  }

  #run(): void {
    this.#isDue = false;
    this.#work();
  }
}

/** Tells senders of frames of which some recipients are slow, first soon and then ever more rarely. */

import { REPEATED_WITHIN_MS } from "../../wire/acknowledgement.ts";
import type { AnswerSheet } from "./answer-sheet.ts";

const FIRST_MS = 5;
/** Whoever still waits then hears of the end, and of nothing before. */
const GIVE_UP_MS = 120_000;

export class Reminders {
  readonly #tell: (sheet: AnswerSheet) => void;
  readonly #timers = new Map<AnswerSheet, NodeJS.Timeout>();

  constructor(tell: (sheet: AnswerSheet) => void) {
    this.#tell = tell;
  }

  start(sheet: AnswerSheet): void {
    this.#after(FIRST_MS, sheet, performance.now() + GIVE_UP_MS);
  }

  stop(sheet: AnswerSheet): void {
    if (this.#timers.size === 0) return;
    clearTimeout(this.#timers.get(sheet));
    this.#timers.delete(sheet);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #after(delayMs: number, sheet: AnswerSheet, end: number): void {
    const timer = setTimeout(() => {
      this.#tell(sheet);
      if (performance.now() < end) this.#after(Math.min(REPEATED_WITHIN_MS, 2 * delayMs), sheet, end);
      else this.#timers.delete(sheet);
    }, delayMs);
    this.#timers.set(sheet, timer.unref());
  }
}

/** What an acknowledgement changes about the frame that it is about. */

import { type Acknowledgement, PLACE_STATE } from "../../wire/acknowledgement.ts";
import { type SentFrame, STANDING } from "./sent-frame.ts";

/** No attempt: of somebody who is settled, that another try was handled too. */
const COUNTED = 0;

/** What follows from an acknowledgement. */
export interface Consequences {
  readonly delivered: readonly string[];
  readonly rejected: readonly { readonly identity: string; readonly reason: string }[];
  /** Places whose recipients are to be looked for at once. */
  readonly missed: readonly number[];
  /** Recipients that had been settled by another try; each is counted once. */
  readonly duplicates: number;
  /** Somebody is to be sent to again. */
  readonly isToTurn: boolean;
}

/**
 * Whoever has handled it, or rejected it for good, is settled, whichever try that was. Everything else counts only for the
 * last try: what became of an earlier one doesn't matter any more.
 */
export function takeIn(frame: SentFrame, acknowledgement: Acknowledgement): Consequences {
  const [whole] = acknowledgement.runs;
  if (whole !== undefined && whole[2] === PLACE_STATE.handled && frame.isWhole(whole[0], whole[1])) {
    frame.settleAll();
    return { delivered: frame.identities, rejected: [], missed: [], duplicates: 0, isToTurn: false };
  }
  const taken = new Taking(frame, acknowledgement);
  for (const [first, last, state] of acknowledgement.runs)
    for (let place = first; place <= last; place += 1) taken.take(place, state);
  frame.shrink();
  return taken;
}

class Taking implements Consequences {
  readonly delivered: string[] = [];
  readonly rejected: { readonly identity: string; readonly reason: string }[] = [];
  readonly missed: number[] = [];
  duplicates = 0;
  isToTurn = false;
  readonly #frame: SentFrame;
  readonly #attempt: number;
  readonly #reasons: ReadonlyMap<number, string>;

  constructor(frame: SentFrame, { attempt, reasons }: Acknowledgement) {
    this.#frame = frame;
    this.#attempt = attempt;
    this.#reasons = new Map(reasons);
  }

  take(place: number, state: number): void {
    const frame = this.#frame;
    const index = frame.indexOf(place);
    if (index < 0) return;
    const isLast = frame.isLast(index, this.#attempt);
    if (frame.isSettled(index)) this.#takeLate(index, state, isLast);
    else if (state === PLACE_STATE.handled || state === PLACE_STATE.rejected) this.#settle(place, index, state);
    else if (isLast && frame.standingAt(index) !== STANDING.looking) this.#takeNews(place, index, state);
  }

  #settle(place: number, index: number, state: number): void {
    const frame = this.#frame;
    const identity = frame.identityAt(index);
    if (!frame.isLast(index, this.#attempt)) frame.putAttempt(index, this.#attempt);
    frame.settle(index);
    if (state === PLACE_STATE.handled) this.delivered.push(identity);
    else this.rejected.push({ identity, reason: this.#reasons.get(place) ?? "its handler has rejected it" });
  }

  /** The first answer has won. */
  #takeLate(index: number, state: number, isLast: boolean): void {
    if (state !== PLACE_STATE.handled || isLast || this.#frame.attemptAt(index) === COUNTED) return;
    this.duplicates += 1;
    this.#frame.putAttempt(index, COUNTED);
  }

  #takeNews(place: number, index: number, state: number): void {
    const frame = this.#frame;
    if (state === PLACE_STATE.running) frame.put(index, STANDING.running);
    else if (state === PLACE_STATE.absent) {
      frame.put(index, STANDING.looking);
      this.missed.push(place);
    } else if (state === PLACE_STATE.thrown || state === PLACE_STATE.untried) {
      frame.put(index, STANDING.again, state === PLACE_STATE.thrown);
      this.isToTurn = true;
    }
  }
}

/** What became of the recipients of one frame that arrived, until all of them are settled. */

import { type Acknowledgement, PLACE_STATE, type PlaceReason } from "../../wire/acknowledgement.ts";
import type { Awaiting } from "../../wire/awaited-frame.ts";
import type { Arrival } from "../duplicate-window.ts";
import { type Acknowledger, type AwaitedMessage, type Outcome, UNTRIED } from "../outcome.ts";
import { reasonOf, runsOf, stateOf } from "./runs.ts";

/** One slow recipient among so many is an exception. */
const NEARLY = 8;

/** Gets a sheet whenever there is something to tell of it; asks for it, by `answer`, when it is about to be sent. */
export type OnNews = (sheet: AnswerSheet) => void;

/** Recipients by index: as they stand in the frame. */
export class AnswerSheet implements Acknowledger {
  readonly #id: string;
  readonly #awaiting: Awaiting;
  readonly #arrival: Arrival;
  readonly #onComplete: OnNews;
  /** All `running` to begin with. */
  readonly #states: Uint8Array;
  #running: number;
  #reasons: PlaceReason[] | undefined;

  constructor(id: string, awaiting: Awaiting, arrival: Arrival, size: number, onComplete: OnNews) {
    this.#id = id;
    this.#awaiting = awaiting;
    this.#arrival = arrival;
    this.#states = new Uint8Array(size);
    this.#running = size;
    this.#onComplete = onComplete;
  }

  get attempt(): number {
    return this.#awaiting.attempt;
  }

  get replyTo(): string {
    return this.#awaiting.replyTo;
  }

  /** Nothing more will become known. */
  get isComplete(): boolean {
    return this.#running === 0;
  }

  /** Of few is anything still to become known: those who are done need not wait for them. */
  get isNearlyComplete(): boolean {
    return this.#running * NEARLY <= this.#states.length;
  }

  settle(message: AwaitedMessage, outcome: Outcome): void {
    this.#arrival.settle(message.place, outcome);
    this.note(message.place, outcome);
  }

  /** Nobody is attached here for that recipient. */
  miss(index: number): void {
    this.#arrival.settle(index, UNTRIED);
    this.#put(index, PLACE_STATE.absent);
  }

  /** It had come before, and this became of it. */
  note(index: number, outcome: Outcome): void {
    const reason = reasonOf(outcome);
    if (reason !== undefined) (this.#reasons ??= []).push([this.#placeOf(index), reason]);
    this.#put(index, stateOf(outcome));
  }

  /** Everything that is known as of now. */
  answer(): Acknowledgement {
    return {
      id: this.#id,
      frame: this.#awaiting.frame,
      attempt: this.#awaiting.attempt,
      runs: runsOf(this.#states, this.#awaiting.places),
      reasons: this.#reasons ?? [],
    };
  }

  #put(index: number, state: number): void {
    this.#states[index] = state;
    this.#running -= 1;
    if (this.#running === 0) this.#onComplete(this);
  }

  #placeOf(index: number): number {
    return this.#awaiting.places?.[index] ?? index;
  }
}

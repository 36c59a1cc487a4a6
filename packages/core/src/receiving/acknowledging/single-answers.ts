/** Acknowledgements of messages with one recipient each: those of one frame of the sender's that are known by the same time leave together. */

import { type Acknowledgement, PLACE_STATE, type PlaceReason } from "../../wire/acknowledgement.ts";
import type { SingleAwaiting } from "../../wire/raw-message.ts";
import type { Arrival } from "../duplicate-window.ts";
import { type Acknowledger, type AwaitedMessage, type Outcome, UNTRIED } from "../outcome.ts";
import type { Answer, AnswerPost } from "./answer-post.ts";
import { reasonOf, runsOf, stateOf } from "./runs.ts";

export class SingleAnswers {
  readonly #post: AnswerPost;
  readonly #gathering = new Map<string, Gathering>();

  constructor(post: AnswerPost) {
    this.#post = post;
  }

  add(id: string, awaiting: SingleAwaiting, state: number, reason: string | undefined): void {
    const key = `${awaiting.replyTo}\n${awaiting.frame}\n${awaiting.attempt}\n${id}`;
    let gathering = this.#gathering.get(key);
    if (gathering === undefined) {
      gathering = new Gathering(id, awaiting, () => this.#gathering.delete(key));
      this.#gathering.set(key, gathering);
      this.#post.add(gathering);
    }
    gathering.add(awaiting.place, state, reason);
  }
}

/** Waits for the outcome of one message. */
export class SingleAcknowledger implements Acknowledger {
  readonly #answers: SingleAnswers;
  readonly #id: string;
  readonly #awaiting: SingleAwaiting;
  readonly #arrival: Arrival;

  constructor(answers: SingleAnswers, id: string, awaiting: SingleAwaiting, arrival: Arrival) {
    this.#answers = answers;
    this.#id = id;
    this.#awaiting = awaiting;
    this.#arrival = arrival;
  }

  get attempt(): number {
    return this.#awaiting.attempt;
  }

  settle(_message: AwaitedMessage, outcome: Outcome): void {
    this.#arrival.settle(0, outcome);
    this.note(outcome);
  }

  miss(): void {
    this.#arrival.settle(0, UNTRIED);
    this.#answers.add(this.#id, this.#awaiting, PLACE_STATE.absent, undefined);
  }

  /** It had come before, and this became of it. */
  note(outcome: Outcome): void {
    this.#answers.add(this.#id, this.#awaiting, stateOf(outcome), reasonOf(outcome));
  }
}

class Gathering implements Answer {
  readonly replyTo: string;
  readonly #id: string;
  readonly #frame: number;
  readonly #attempt: number;
  readonly #onLeave: () => void;
  readonly #places: number[] = [];
  readonly #states: number[] = [];
  readonly #reasons: PlaceReason[] = [];

  constructor(id: string, { replyTo, frame, attempt }: SingleAwaiting, onLeave: () => void) {
    this.#id = id;
    this.#frame = frame;
    this.#attempt = attempt;
    this.#onLeave = onLeave;
    this.replyTo = replyTo;
  }

  add(place: number, state: number, reason: string | undefined): void {
    this.#places.push(place);
    this.#states.push(state);
    if (reason !== undefined) this.#reasons.push([place, reason]);
  }

  answer(): Acknowledgement {
    this.#onLeave();
    return {
      id: this.#id,
      frame: this.#frame,
      attempt: this.#attempt,
      runs: runsOf(this.#states, this.#places),
      reasons: this.#reasons,
    };
  }
}

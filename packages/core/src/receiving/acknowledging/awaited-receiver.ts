/** Receives messages whose sender waits for acknowledgements: hands over what has not come before, and answers for all. */

import type { Call, MessagingBackend, MusterError } from "../../slots/index.ts";
import type { TimeSlice } from "../../tasks/time-slice.ts";
import type { AwaitedFrame } from "../../wire/awaited-frame.ts";
import type { RawMessage, SingleAwaiting } from "../../wire/raw-message.ts";
import type { Attachments } from "../attachments.ts";
import type { DuplicateWindow } from "../duplicate-window.ts";
import { ReceivedContent } from "../received-message.ts";
import { AnswerSheet } from "./answer-sheet.ts";
import { AnswerPost } from "./answer-post.ts";
import { Reminders } from "./reminders.ts";
import { SingleAcknowledger, SingleAnswers } from "./single-answers.ts";

export interface AwaitedReceiverOptions {
  readonly messaging: MessagingBackend;
  readonly attachments: Attachments;
  readonly window: DuplicateWindow;
  /** An acknowledgement could not be published; its sender will ask again. */
  warn(error: MusterError): void;
}

export class AwaitedReceiver {
  readonly #attachments: Attachments;
  readonly #window: DuplicateWindow;
  readonly #post: AnswerPost;
  readonly #singles: SingleAnswers;
  readonly #reminders: Reminders;
  readonly #onComplete: (sheet: AnswerSheet) => void;

  constructor({ messaging, attachments, window, warn }: AwaitedReceiverOptions) {
    this.#attachments = attachments;
    this.#window = window;
    this.#post = new AnswerPost(messaging, warn);
    this.#singles = new SingleAnswers(this.#post);
    this.#reminders = new Reminders((sheet) => this.#post.add(sheet));
    this.#onComplete = (sheet) => {
      this.#reminders.stop(sheet);
      this.#post.add(sheet);
    };
  }

  /** Resolves when everyone has been handed it; never rejects. */
  async receive(frame: AwaitedFrame, slice: TimeSlice): Promise<void> {
    const { id, identities, names, epochs, awaiting } = frame;
    const content = new ReceivedContent(frame);
    const arrival = this.#window.arrive(id, identities, awaiting.attempt > 1, names);
    const sheet = new AnswerSheet(id, awaiting, arrival, identities.length, this.#onComplete);
    const { hasRepeats } = arrival;
    for (let index = 0; index < identities.length; index += 1) {
      if (hasRepeats && arrival.join(index, (outcome) => sheet.note(index, outcome))) continue;
      const isTaken = this.#attachments.deliver(content, identities[index] ?? "", epochs[index] ?? 0, sheet, index);
      if (!isTaken) sheet.miss(index);
      const rest = slice.step();
      if (rest !== undefined) await rest;
    }
    if (sheet.isComplete) return;
    if (sheet.isNearlyComplete) this.#post.add(sheet);
    this.#reminders.start(sheet);
  }

  receiveSingle(message: RawMessage, awaiting: SingleAwaiting): void {
    const { id, identity, epoch } = message;
    const arrival = this.#window.arrive(id, [identity], awaiting.attempt > 1);
    const acknowledger = new SingleAcknowledger(this.#singles, id, awaiting, arrival);
    if (arrival.join(0, (outcome) => acknowledger.note(outcome))) return;
    const isTaken = this.#attachments.deliver(new ReceivedContent(message), identity, epoch, acknowledger, 0);
    if (!isTaken) acknowledger.miss();
  }

  /** Everything has been received that had come by now: what is known of it is told at once. */
  rest(): void {
    this.#post.leave();
  }

  /** Resolves when everything that is known has been told. @throws TIMEOUT, ABORTED */
  async flush(call: Call): Promise<void> {
    await this.#post.flush(call);
  }

  close(): void {
    this.#reminders.close();
    this.#post.close();
  }
}

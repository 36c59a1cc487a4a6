/** Publishes posts in batches, a bounded number of them at a time, and tells what the broker said to each message. */

import { codedError } from "../../call.ts";
import type { Call, MessagingBackend, MusterError } from "../../slots/index.ts";
import { hasEnded } from "../../slots/signals.ts";
import { TimeSlice } from "../../tasks/time-slice.ts";
import { errorsOf } from "../batch.ts";
import { type Encoder, messagesOf, type Post, type PostedRecipients } from "./post.ts";
import type { SentFrame } from "./sent-frame.ts";

const MAX_BATCHES_IN_FLIGHT = 2;
const MAX_BATCH_MESSAGES = 4_096;
const MAX_BATCH_BYTES = 1_048_576;
const SOURCE = "core.multicast";

/** Is told of each message; none of it must throw. `places` absent: all of the frame. */
interface PostmanEvents {
  onLeaving(frame: SentFrame, places: readonly number[] | undefined): void;
  /** The broker has answered, or will not. */
  onPublished(frame: SentFrame, places: readonly number[] | undefined, error: MusterError | undefined): void;
}

export interface PostmanOptions {
  readonly messaging: MessagingBackend;
  readonly encoder: Encoder;
  readonly events: PostmanEvents;
  readonly call: Call;
}

export class Postman {
  readonly #options: PostmanOptions;
  readonly #maxMessages: number;
  readonly #slice = new TimeSlice();
  #queue: Post[] = [];
  #queued = { messages: 0, bytes: 0 };
  #inFlight = 0;
  #hasStarted = false;
  #isStopped = false;

  constructor(options: PostmanOptions) {
    this.#options = options;
    this.#maxMessages = Math.min(options.messaging.traits.maxBatch, MAX_BATCH_MESSAGES);
  }

  /** Whether something may have left. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** It waits for {@link flush}, or until a batch is full. */
  add(post: Post): void {
    this.#queue.push(post);
    this.#queued.messages += messagesOf(post);
    this.#queued.bytes += post.bytes;
    if (this.#hasFullBatch) this.#send();
  }

  /** Sends what has gathered if the broker would idle otherwise; while it is busy, larger batches cost fewer round trips. */
  flush(): void {
    if (this.#inFlight === 0) this.#send();
  }

  /** Nothing leaves any more, and nobody is told of anything. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
  }

  get #hasFullBatch(): boolean {
    return this.#queued.messages >= this.#maxMessages || this.#queued.bytes >= MAX_BATCH_BYTES;
  }

  #send(): void {
    while (this.#queue.length > 0 && this.#inFlight < MAX_BATCHES_IN_FLIGHT && !this.#hasEnded) {
      if (this.#inFlight > 0 && !this.#hasFullBatch) return;
      this.#inFlight += 1;
      const publishing = this.#publish(this.#nextBatch()).finally(() => {
        this.#inFlight -= 1;
        this.#send();
      });
      publishing.catch(() => undefined); // What the broker said has been told.
    }
  }

  get #hasEnded(): boolean {
    return this.#isStopped || hasEnded(this.#options.call);
  }

  #nextBatch(): readonly Post[] {
    let [count, messages, bytes] = [0, 0, 0];
    for (const post of this.#queue) {
      messages += messagesOf(post);
      if (count > 0 && (messages > this.#maxMessages || bytes >= MAX_BATCH_BYTES)) break;
      bytes += post.bytes;
      count += 1;
    }
    const batch = this.#queue.splice(0, count);
    for (const post of batch) {
      this.#queued.messages -= messagesOf(post);
      this.#queued.bytes -= post.bytes;
    }
    return batch;
  }

  async #publish(posts: readonly Post[]): Promise<void> {
    this.#hasStarted = true;
    const { messaging, encoder, events, call } = this.#options;
    const posted = await encoder.encode(posts, this.#slice);
    if (posted.messages.length === 0 || this.#hasEnded) return;
    for (const { frame, places } of posted.recipients) events.onLeaving(frame, places);
    try {
      const failures = await messaging.publishMany(posted.messages, call);
      if (failures.length === 0) this.#tellAll(posted.recipients, undefined);
      else this.#tellEach(posted.recipients, errorsOf(failures));
    } catch (cause) {
      this.#tellAll(posted.recipients, codedError(cause, SOURCE));
    }
  }

  #tellAll(recipients: readonly PostedRecipients[], error: MusterError | undefined): void {
    if (this.#isStopped) return;
    for (const { frame, places } of recipients) this.#options.events.onPublished(frame, places, error);
  }

  #tellEach(recipients: readonly PostedRecipients[], errors: ReadonlyMap<number, MusterError>): void {
    if (this.#isStopped) return;
    const { events } = this.#options;
    let index = 0;
    for (const { frame, places, isEach } of recipients) {
      for (const part of isEach && places !== undefined ? places.map((place) => [place]) : [places]) {
        events.onPublished(frame, part, errors.get(index));
        index += 1;
      }
    }
  }
}

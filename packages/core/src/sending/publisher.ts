/** Hands messages to the messaging slot in batches, a bounded number of them at a time, and tallies the answers. */

import { codedError } from "../call.ts";
import type { Content } from "../wire/message-frame.ts";
import { Batch } from "./batch.ts";
import type { Parcel, Singles } from "./grouping.ts";
import type { Tally } from "./report.ts";
import { abortedError, type Call, type MessagingBackend, type MusterError } from "../slots/index.ts";
import { TimeSlice } from "../tasks/time-slice.ts";

const MAX_BATCHES_IN_FLIGHT = 2;
const MAX_BATCH_MESSAGES = 4_096;
const MAX_BATCH_BYTES = 1_048_576;
const SOURCE = "core.multicast";

/**
 * Everyone who was added is published to at most once and tallied exactly once: nothing is repeated, for a repeat of what
 * may have left could arrive twice. What has not left when the call ends is not published any more, and has `failed` with
 * the code of that end.
 */
export class Publisher {
  readonly #messaging: MessagingBackend;
  readonly #content: Content;
  readonly #tally: Tally;
  readonly #call: Call;
  readonly #maxMessages: number;
  readonly #slice = new TimeSlice();
  readonly #inFlight = new Set<Promise<void>>();
  #full: Batch[] = [];
  #batch = new Batch();
  #stopped: MusterError | undefined;
  #hasStarted = false;

  constructor(messaging: MessagingBackend, content: Content, tally: Tally, call: Call) {
    this.#messaging = messaging;
    this.#content = content;
    this.#tally = tally;
    this.#call = call;
    this.#maxMessages = Math.min(messaging.traits.maxBatch, MAX_BATCH_MESSAGES);
  }

  /** Whether something may have left. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** From now on what is left fails with this error instead of being published. */
  stop(error: MusterError): void {
    this.#stopped = error;
  }

  /** A message of its own for each of them. They wait for {@link publish}. */
  addSingles([identities, epochs, addresses]: Singles): void {
    const bytes = this.#content.payload.byteLength;
    for (let from = 0; from < identities.length; ) {
      const to = from + this.#roomFor(bytes);
      this.#batch.addSingles([identities.slice(from, to), epochs.slice(from, to), addresses.slice(from, to)], bytes);
      this.#closeIfFull();
      from = to;
    }
  }

  /** One frame. It waits for {@link publish}. */
  addParcel(parcel: Parcel): void {
    this.#batch.addParcel(parcel);
    this.#closeIfFull();
  }

  /** Sends the batches that are full, each as soon as there is room for it. Never rejects. */
  async publish(): Promise<void> {
    const batches = this.#full;
    this.#full = [];
    for (const batch of batches) {
      await this.#room();
      this.#send(batch);
      const rest = this.#slice.rest();
      if (rest !== undefined) await rest;
    }
  }

  /** Sends what has gathered if the broker would idle otherwise; while it is busy, larger batches cost fewer round trips. */
  flush(): void {
    if (this.#inFlight.size === 0) this.#sendRest();
  }

  /** Sends what is left and resolves when everything has been answered and tallied. Never rejects. */
  async finish(): Promise<void> {
    await this.publish();
    await this.#room();
    this.#sendRest();
    await Promise.all(this.#inFlight);
  }

  /** How many more messages of so many bytes fill the batch. */
  #roomFor(bytes: number): number {
    const { size, bytes: taken } = this.#batch;
    const byBytes = bytes === 0 ? Number.POSITIVE_INFINITY : Math.ceil((MAX_BATCH_BYTES - taken) / bytes);
    return Math.min(this.#maxMessages - size, byBytes);
  }

  #closeIfFull(): void {
    if (this.#batch.size < this.#maxMessages && this.#batch.bytes < MAX_BATCH_BYTES) return;
    this.#full.push(this.#batch);
    this.#batch = new Batch();
  }

  async #room(): Promise<void> {
    while (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  #sendRest(): void {
    if (this.#batch.size === 0) return;
    const batch = this.#batch;
    this.#batch = new Batch();
    this.#send(batch);
  }

  #send(batch: Batch): void {
    if (this.#isStopped(batch)) return;
    const publishing = this.#publishBatch(batch).finally(() => this.#inFlight.delete(publishing));
    this.#inFlight.add(publishing);
  }

  /** Whether this batch must not leave any more; then it is tallied. */
  #isStopped(batch: Batch): boolean {
    if (this.#call.signal.aborted) this.#stopped ??= abortedError(this.#call, SOURCE);
    if (this.#stopped === undefined) return false;
    batch.fail(this.#stopped, this.#tally);
    return true;
  }

  async #publishBatch(batch: Batch): Promise<void> {
    this.#hasStarted = true;
    this.#slice.begin();
    try {
      const messages = await batch.messages(this.#content, this.#slice);
      if (this.#isStopped(batch)) return;
      batch.settle(await this.#messaging.publishMany(messages, this.#call), this.#tally);
    } catch (cause) {
      batch.fail(codedError(cause, SOURCE), this.#tally);
    }
  }
}

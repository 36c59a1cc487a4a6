/** Hands messages to the messaging slot in batches, a bounded number of them at a time, and tallies the answers. */

import { codedError } from "../call.ts";
import type { Content } from "../wire/message-frame.ts";
import type { Batch } from "./batch.ts";
import { FrameBatch } from "./frame-batch.ts";
import type { Parcel, Singles } from "./grouping.ts";
import { handOver } from "./hand-over.ts";
import type { Tally } from "./report.ts";
import { SinglesBatch } from "./singles-batch.ts";
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
  #singles = new SinglesBatch();
  #frames = new FrameBatch();
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
      this.#singles.add([identities.slice(from, to), epochs.slice(from, to), addresses.slice(from, to)], bytes);
      if (this.#isFull(this.#singles)) {
        this.#full.push(this.#singles);
        this.#singles = new SinglesBatch();
      }
      from = to;
    }
  }

  /** One frame. It waits for {@link publish}. */
  addParcel(parcel: Parcel): void {
    this.#frames.add(parcel);
    if (!this.#isFull(this.#frames)) return;
    this.#full.push(this.#frames);
    this.#frames = new FrameBatch();
  }

  /** Sends the batches that are full, each as soon as there is room for it. Never rejects. */
  async publish(): Promise<void> {
    const batches = this.#full;
    this.#full = [];
    await this.#sendEach(batches);
  }

  /** Sends what has gathered if the broker would idle otherwise; while it is busy, larger batches cost fewer round trips. */
  flush(): void {
    if (this.#inFlight.size === 0) for (const batch of this.#taken()) this.#send(batch);
  }

  /** Sends what is left and resolves when everything has been answered and tallied. Never rejects. */
  async finish(): Promise<void> {
    await this.publish();
    await this.#sendEach(this.#taken());
    await Promise.all(this.#inFlight);
  }

  async #sendEach(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) {
      await this.#room();
      this.#send(batch);
      const rest = this.#slice.rest();
      if (rest !== undefined) await rest;
    }
  }

  /** How many more messages of so many bytes fill the batch of those with one recipient. */
  #roomFor(bytes: number): number {
    const { size, bytes: taken } = this.#singles;
    const byBytes = bytes === 0 ? Number.POSITIVE_INFINITY : Math.ceil((MAX_BATCH_BYTES - taken) / bytes);
    return Math.min(this.#maxMessages - size, byBytes);
  }

  #isFull({ size, bytes }: Batch): boolean {
    return size >= this.#maxMessages || bytes >= MAX_BATCH_BYTES;
  }

  async #room(): Promise<void> {
    while (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  /** What has gathered, full or not. */
  #taken(): readonly Batch[] {
    const batches = [this.#singles, this.#frames].filter(({ size }) => size > 0);
    this.#singles = new SinglesBatch();
    this.#frames = new FrameBatch();
    return batches;
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
      const outgoing = await batch.outgoing(this.#content, this.#slice);
      if (this.#isStopped(batch)) return;
      batch.settle(await handOver(this.#messaging, outgoing, this.#call), this.#tally);
    } catch (cause) {
      batch.fail(codedError(cause, SOURCE), this.#tally);
    }
  }
}

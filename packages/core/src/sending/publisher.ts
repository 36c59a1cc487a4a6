/** Hands parcels to the messaging slot in batches, a bounded number of them at a time, and tallies the answers. */

import { isNodeAddress } from "../wire/addresses.ts";
import { codedError } from "../call.ts";
import { type Content, encodeMessage } from "../wire/frame.ts";
import type { Parcel } from "./grouping.ts";
import { messageHeaders } from "../wire/raw-message.ts";
import type { Tally } from "./report.ts";
import {
  abortedError,
  type BatchFailure,
  type Call,
  type Headers,
  type MessagingBackend,
  type MusterError,
  type Outgoing,
} from "../slots/index.ts";
import { TimeSlice } from "../tasks/time-slice.ts";

const MAX_BATCHES_IN_FLIGHT = 2;
const MAX_BATCH_MESSAGES = 4_096;
const MAX_BATCH_BYTES = 1_048_576;
const NO_HEADERS: Headers = Object.freeze({});
const SOURCE = "core.multicast";

/**
 * Every parcel is published at most once and tallied exactly once: nothing is repeated, for a repeat of what may have
 * left could arrive twice. What has not left when the call ends is not published any more, and has `failed` with the
 * code of that end.
 */
export class Publisher {
  readonly #messaging: MessagingBackend;
  readonly #content: Content;
  readonly #tally: Tally;
  readonly #call: Call;
  readonly #headersFor: ReturnType<typeof messageHeaders>;
  readonly #maxMessages: number;
  readonly #slice = new TimeSlice();
  readonly #inFlight = new Set<Promise<void>>();
  #batch: Parcel[] = [];
  #batchBytes = 0;
  #stopped: MusterError | undefined;
  #hasStarted = false;

  constructor(messaging: MessagingBackend, content: Content, tally: Tally, call: Call) {
    this.#messaging = messaging;
    this.#content = content;
    this.#tally = tally;
    this.#call = call;
    this.#headersFor = messageHeaders(content);
    this.#maxMessages = Math.min(messaging.traits.maxBatch, MAX_BATCH_MESSAGES);
  }

  /** Whether something may have left. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** From now on parcels fail with this error instead of being published. */
  stop(error: MusterError): void {
    this.#stopped = error;
  }

  /** Takes parcels; resolves when there is room for more. Never rejects. */
  async publish(parcels: readonly Parcel[]): Promise<void> {
    for (const parcel of parcels) {
      this.#batch.push(parcel);
      this.#batchBytes += parcel.bytes;
      if (!this.#isFull()) continue;
      await this.#room();
      this.#send();
    }
  }

  /** Sends what has gathered if the broker would idle otherwise; while it is busy, larger batches cost fewer round trips. */
  flush(): void {
    if (this.#batch.length > 0 && this.#inFlight.size === 0) this.#send();
  }

  /** Sends what is left and resolves when everything has been answered and tallied. Never rejects. */
  async finish(): Promise<void> {
    await this.#room();
    if (this.#batch.length > 0) this.#send();
    await Promise.all(this.#inFlight);
  }

  #isFull(): boolean {
    return this.#batch.length >= this.#maxMessages || this.#batchBytes >= MAX_BATCH_BYTES;
  }

  async #room(): Promise<void> {
    while (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  #send(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (this.#isStopped(batch)) return;
    const publishing = this.#publishBatch(batch).finally(() => this.#inFlight.delete(publishing));
    this.#inFlight.add(publishing);
  }

  /** Whether this batch must not leave any more; then it is tallied. */
  #isStopped(batch: readonly Parcel[]): boolean {
    if (this.#call.signal.aborted) this.#stopped ??= abortedError(this.#call, SOURCE);
    if (this.#stopped === undefined) return false;
    for (const parcel of batch) this.#miss(parcel, this.#stopped);
    return true;
  }

  async #publishBatch(batch: readonly Parcel[]): Promise<void> {
    this.#hasStarted = true;
    try {
      const messages = await this.#encode(batch);
      if (this.#isStopped(batch)) return;
      this.#settle(batch, await this.#messaging.publishMany(messages, this.#call));
    } catch (cause) {
      const error = codedError(cause, SOURCE);
      for (const parcel of batch) this.#miss(parcel, error);
    }
  }

  async #encode(batch: readonly Parcel[]): Promise<readonly Outgoing[]> {
    const messages: Outgoing[] = [];
    for (const parcel of batch) {
      const isFrame = isNodeAddress(parcel.address);
      messages.push(isFrame ? this.#frame(parcel) : this.#single(parcel));
      const rest = isFrame ? this.#slice.rest() : this.#slice.step();
      if (rest !== undefined) await rest;
    }
    return messages;
  }

  #frame(parcel: Parcel): Outgoing {
    return { address: parcel.address, headers: NO_HEADERS, body: encodeMessage(this.#content, parcel) };
  }

  #single({ address, identities, epochs }: Parcel): Outgoing {
    return { address, headers: this.#headersFor(identities[0] ?? "", epochs[0] ?? 0), body: this.#content.payload };
  }

  #settle(batch: readonly Parcel[], failures: readonly BatchFailure[]): void {
    if (failures.length === 0) {
      for (const { identities } of batch) this.#tally.deliver(identities);
      return;
    }
    const errors = new Map(failures.map(({ index, error }) => [index, error]));
    for (const [index, parcel] of batch.entries()) {
      const error = errors.get(index);
      if (error === undefined) this.#tally.deliver(parcel.identities);
      else this.#miss(parcel, error);
    }
  }

  #miss({ identities }: Parcel, error: MusterError): void {
    if (error.mayHaveApplied) this.#tally.miss("timeout", identities, "INDETERMINATE", error.message);
    else this.#tally.miss("failed", identities, error.code, error.message);
  }
}

/** What one `publishMany` is to send: messages with one recipient each, then frames with many. */

import type { BatchFailure, Headers, MusterError, Outgoing } from "../slots/index.ts";
import type { TimeSlice } from "../tasks/time-slice.ts";
import { type Content, encodeMessage } from "../wire/message-frame.ts";
import type { Parcel } from "./grouping.ts";
import type { Tally } from "./report.ts";

const NO_HEADERS: Headers = Object.freeze({});

/** Everyone in it is tallied once, by {@link settle} or by {@link fail}. */
export class Batch {
  readonly #singles: Outgoing[] = [];
  /** `#identities[i]` is the recipient of `#singles[i]`: no object for each, there may be as many as targets. */
  readonly #identities: string[] = [];
  readonly #parcels: Parcel[] = [];
  #bytes = 0;

  /** Messages. */
  get size(): number {
    return this.#singles.length + this.#parcels.length;
  }

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  addSingle(identity: string, message: Outgoing): void {
    this.#identities.push(identity);
    this.#singles.push(message);
    this.#bytes += message.body.byteLength;
  }

  addParcel(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.#bytes += parcel.bytes;
  }

  /** All its messages; frames are encoded now, and between two of them others get their turn. */
  async messages(content: Content, slice: TimeSlice): Promise<readonly Outgoing[]> {
    const [first, ...others] = this.#parcels;
    if (first === undefined) return this.#singles;
    const messages = [...this.#singles, frameOf(content, first)];
    for (const parcel of others) {
      const rest = slice.rest();
      if (rest !== undefined) await rest;
      messages.push(frameOf(content, parcel));
    }
    return messages;
  }

  /** The broker has answered: what did not fail was delivered. */
  settle(failures: readonly BatchFailure[], tally: Tally): void {
    if (failures.length === 0) {
      tally.deliver(this.#identities);
      for (const { identities } of this.#parcels) tally.deliver(identities);
      return;
    }
    const errors = new Map(failures.map(({ index, error }) => [index, error]));
    for (let index = 0; index < this.size; index += 1) {
      const [recipients, error] = [this.#recipientsOf(index), errors.get(index)];
      if (error === undefined) tally.deliver(recipients);
      else miss(recipients, error, tally);
    }
  }

  /** Nothing of it was delivered, as far as anyone knows. */
  fail(error: MusterError, tally: Tally): void {
    miss(this.#identities, error, tally);
    for (const { identities } of this.#parcels) miss(identities, error, tally);
  }

  #recipientsOf(index: number): readonly string[] {
    const single = this.#identities[index];
    return single === undefined ? (this.#parcels[index - this.#singles.length]?.identities ?? []) : [single];
  }
}

function frameOf(content: Content, parcel: Parcel): Outgoing {
  return { address: parcel.address, headers: NO_HEADERS, body: encodeMessage(content, parcel) };
}

function miss(identities: readonly string[], error: MusterError, tally: Tally): void {
  if (error.mayHaveApplied) tally.miss("timeout", identities, "INDETERMINATE", error.message);
  else tally.miss("failed", identities, error.code, error.message);
}

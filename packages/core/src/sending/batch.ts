/** What one `publishMany` is to send: messages with one recipient each, then frames with many. */

import type { BatchFailure, Headers, MusterError, Outgoing } from "../slots/index.ts";
import type { TimeSlice } from "../tasks/time-slice.ts";
import { type Content, encodeMessage } from "../wire/message-frame.ts";
import { messageHeaders } from "../wire/raw-message.ts";
import type { Parcel, Singles } from "./grouping.ts";
import type { Tally } from "./report.ts";

const NO_HEADERS: Headers = Object.freeze({});

/** Everyone in it is tallied once, by {@link settle} or by {@link fail}. */
export class Batch {
  /** No object for each until they leave: there may be as many as targets. */
  #singles: Singles = [[], [], []];
  readonly #parcels: Parcel[] = [];
  #bytes = 0;

  /** Messages. */
  get size(): number {
    return this.#singles[0].length + this.#parcels.length;
  }

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param bytes of one body */
  addSingles(singles: Singles, bytes: number): void {
    if (this.#singles[0].length === 0) this.#singles = singles;
    else append(singles, this.#singles);
    this.#bytes += bytes * singles[0].length;
  }

  addParcel(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.#bytes += parcel.bytes;
  }

  /** All its messages; frames are encoded now, and between two of them others get their turn. */
  async messages(content: Content, slice: TimeSlice): Promise<readonly Outgoing[]> {
    const messages = messagesOf(content, this.#singles);
    for (const parcel of this.#parcels) {
      const rest = messages.length === 0 ? undefined : slice.rest();
      if (rest !== undefined) await rest;
      messages.push(frameOf(content, parcel));
    }
    return messages;
  }

  /** The broker has answered: what did not fail was delivered. */
  settle(failures: readonly BatchFailure[], tally: Tally): void {
    if (failures.length === 0) {
      tally.deliver(this.#singles[0]);
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
    miss(this.#singles[0], error, tally);
    for (const { identities } of this.#parcels) miss(identities, error, tally);
  }

  #recipientsOf(index: number): readonly string[] {
    const [identities] = this.#singles;
    const single = identities[index];
    return single === undefined ? (this.#parcels[index - identities.length]?.identities ?? []) : [single];
  }
}

/**
 * By itself, as {@link messagesOf}, for it knows nothing but what never goes: what an engine has compiled for batches it
 * throws away when it collects the last of them, as between two multicasts.
 */
function append([identities, epochs, addresses]: Singles, to: Singles): void {
  for (let index = 0; index < identities.length; index += 1) {
    to[0].push(identities[index] ?? "");
    to[1].push(epochs[index] ?? 0);
    to[2].push(addresses[index] ?? "");
  }
}

function messagesOf(content: Content, [identities, epochs, addresses]: Singles): Outgoing[] {
  const messages: Outgoing[] = [];
  const { payload: body } = content;
  const headersFor = messageHeaders(content);
  for (let index = 0; index < identities.length; index += 1) {
    const headers = headersFor(identities[index] ?? "", epochs[index] ?? 0);
    messages.push({ address: addresses[index] ?? "", headers, body });
  }
  return messages;
}

function frameOf(content: Content, parcel: Parcel): Outgoing {
  return { address: parcel.address, headers: NO_HEADERS, body: encodeMessage(content, parcel) };
}

function miss(identities: readonly string[], error: MusterError, tally: Tally): void {
  if (error.mayHaveApplied) tally.miss("timeout", identities, "INDETERMINATE", error.message);
  else tally.miss("failed", identities, error.code, error.message);
}

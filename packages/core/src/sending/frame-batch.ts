/** Frames, with many recipients each. */

import type { BatchFailure, Headers, MusterError, Outgoing } from "../slots/index.ts";
import type { TimeSlice } from "../tasks/time-slice.ts";
import { type Content, encodeMessage } from "../wire/message-frame.ts";
import { type Batch, errorsOf, miss } from "./batch.ts";
import type { Parcel } from "./grouping.ts";
import type { Tally } from "./report.ts";

const NO_HEADERS: Headers = Object.freeze({});

export class FrameBatch implements Batch {
  readonly #parcels: Parcel[] = [];
  #bytes = 0;

  get size(): number {
    return this.#parcels.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.#bytes += parcel.bytes;
  }

  async outgoing(content: Content, slice: TimeSlice): Promise<readonly Outgoing[]> {
    const messages: Outgoing[] = [];
    for (const parcel of this.#parcels) {
      const rest = messages.length === 0 ? undefined : slice.rest();
      if (rest !== undefined) await rest;
      messages.push({ address: parcel.address, headers: NO_HEADERS, body: encodeMessage(content, parcel) });
    }
    return messages;
  }

  settle(failures: readonly BatchFailure[], tally: Tally): void {
    const errors = errorsOf(failures);
    for (const [index, { identities }] of this.#parcels.entries()) {
      const error = errors.get(index);
      if (error === undefined) tally.deliver(identities);
      else miss(identities, error, tally);
    }
  }

  fail(error: MusterError, tally: Tally): void {
    for (const { identities } of this.#parcels) miss(identities, error, tally);
  }
}

/** What is to be published, as it was handed over: message by message, or by column. */

import type { Outgoing, OutgoingColumns } from "@muster/core/slots";
import { EnvelopeStarts } from "./envelope-start.ts";

export interface Letters {
  readonly size: number;
  readonly starts: EnvelopeStarts;
  addressAt(index: number): string;
  bodyAt(index: number): Uint8Array;
  /** Whether it differs from the last one in its own values only. If so, it is the one at hand of {@link starts}. */
  fits(index: number): boolean;
  /**
   * Makes it the one at hand, encoded; gives how many bytes `starts.write` will write for it.
   *
   * @throws INVALID_ARGUMENT: what is no header.
   */
  encode(index: number): number;
}

export class RowLetters implements Letters {
  readonly starts: EnvelopeStarts = new EnvelopeStarts();
  readonly #batch: readonly Outgoing[];

  constructor(batch: readonly Outgoing[]) {
    this.#batch = batch;
  }

  get size(): number {
    return this.#batch.length;
  }

  addressAt(index: number): string {
    return this.#at(index).address;
  }

  bodyAt(index: number): Uint8Array {
    return this.#at(index).body;
  }

  fits(index: number): boolean {
    return this.starts.fits(this.#at(index).headers);
  }

  encode(index: number): number {
    return this.starts.next(this.#at(index).headers);
  }

  #at(index: number): Outgoing {
    const message = this.#batch[index];
    if (message === undefined) throw new RangeError(`there is no message ${index}`);
    return message;
  }
}

export class ColumnLetters implements Letters {
  readonly starts: EnvelopeStarts;
  readonly #batch: OutgoingColumns;
  readonly #columns: readonly (readonly string[])[];

  /** @throws INVALID_ARGUMENT: what is no header. */
  constructor(batch: OutgoingColumns) {
    this.starts = EnvelopeStarts.ofColumns(batch);
    this.#batch = batch;
    this.#columns = Object.values(batch.columns);
  }

  get size(): number {
    return this.#batch.addresses.length;
  }

  addressAt(index: number): string {
    return this.#batch.addresses[index] ?? "";
  }

  bodyAt(): Uint8Array {
    return this.#batch.body;
  }

  fits(index: number): boolean {
    this.starts.take(this.#columns, index);
    return true;
  }

  encode(index: number): number {
    this.starts.take(this.#columns, index);
    return this.starts.encode();
  }
}

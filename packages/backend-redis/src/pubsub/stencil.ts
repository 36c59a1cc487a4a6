/** A command as bytes, to be copied for messages that are as long as it everywhere: of these only what differs is written. */

import { Lengths, type Outgoing } from "@muster/core/slots";
import type { ByteWriter } from "../connection/byte-writer.ts";

/** Of longer commands the body is most, which is copied once either way. */
const MAX_BYTES = 2_048;

/** Where a command stands, up to the end of what has been written, and in it what may differ. */
interface Layout {
  readonly writer: ByteWriter;
  readonly from: number;
  readonly addressAt: number;
  readonly ownAt: readonly number[];
}

export class Stencil {
  /** Of the command that was taken last, if the one before it was as long: most are not copied in vain. */
  #copy: Uint8Array | undefined;
  readonly #lengths = new Lengths();
  /** From the beginning of the command. */
  #addressAt = 0;
  #ownAt: readonly number[] = [];

  /**
   * The command of this message has been written by other means, with one byte for each character of what may differ.
   *
   * @param own the values of headers that it has for itself.
   */
  take(
    { writer, from, addressAt, ownAt }: Layout,
    { address, body }: Omit<Outgoing, "headers">,
    own: readonly string[],
  ): void {
    const isAlike = writer.length - from <= MAX_BYTES && this.#lengths.areOf(address, body, own);
    this.#copy = isAlike ? new Uint8Array(writer.written.subarray(from)) : undefined;
    this.#lengths.take(address, body, own);
    this.#addressAt = addressAt - from;
    this.#ownAt = ownAt.map((at) => at - from);
  }

  /** Until the next is taken nothing is copied. */
  forget(): void {
    this.#copy = undefined;
    this.#lengths.forget();
  }

  /** False: nothing has been written, for it is not as long, or has to be encoded. */
  put(writer: ByteWriter, address: string, body: Uint8Array, own: readonly string[]): boolean {
    const copy = this.#copy;
    if (copy === undefined || !this.#lengths.areOf(address, body, own)) return false;
    const start = writer.length;
    writer.bytes(copy);
    if (this.#putOver(writer, start, address, own)) return true;
    writer.cut(start);
    return false;
  }

  #putOver(writer: ByteWriter, start: number, address: string, own: readonly string[]): boolean {
    if (!writer.putOver(start + this.#addressAt, address)) return false;
    const ownAt = this.#ownAt;
    for (let index = 0; index < ownAt.length; index += 1)
      if (!writer.putOver(start + (ownAt[index] ?? 0), own[index] ?? "")) return false;
    return true;
  }
}

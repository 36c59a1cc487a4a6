/** A message as bytes, to be copied for those that are as long as it everywhere: of these only what differs is written. */

import { Lengths, type Outgoing } from "@muster/core/slots";
import { putLiteral, putName } from "./ascii.ts";

/** Of longer messages the body is most, which is copied once either way. */
const MAX_BYTES = 2_048;

/** Where a message stands, and in it what may differ: its address, and values of headers. */
interface Layout {
  readonly at: number;
  readonly to: number;
  readonly addressAt: number;
  readonly addressEnd: number;
  readonly ownAt: readonly number[];
}

export class Stencil {
  /** Of the message that was taken last, and of the one before it if that was as long: then there is a copy of it. */
  #copy: Uint8Array | undefined;
  readonly #lengths = new Lengths();
  /** From the beginning of the message. */
  #addressAt = 0;
  #addressEnd = 0;
  #ownAt: readonly number[] = [];

  /** A message has been written to `bytes` by other means. @param own its values that differ from those of others */
  take(bytes: Uint8Array, layout: Layout, { address, body }: Omit<Outgoing, "headers">, own: readonly string[]): void {
    const { at, to, addressAt, addressEnd, ownAt } = layout;
    const isAlike =
      addressEnd - addressAt === this.#addressEnd - this.#addressAt && this.#lengths.areOf(address, body, own);
    this.#copy = isAlike && to - at <= MAX_BYTES ? new Uint8Array(bytes.subarray(at, to)) : undefined;
    this.#lengths.take(address, body, own);
    this.#addressAt = addressAt - at;
    this.#addressEnd = addressEnd - at;
    this.#ownAt = ownAt.map((valueAt) => valueAt - at);
  }

  /** @returns where the message ends; -1: it has not been written, since it is not as long, or must not be copied as it is. */
  put(bytes: Uint8Array, at: number, address: string, body: Uint8Array, own: readonly string[]): number {
    const copy = this.#copy;
    if (copy === undefined || !this.#lengths.areOf(address, body, own)) return -1;
    bytes.set(copy, at);
    if (putName(bytes, at + this.#addressAt, address) !== at + this.#addressEnd) return -1;
    const ownAt = this.#ownAt;
    for (let index = 0; index < ownAt.length; index += 1)
      if (putLiteral(bytes, at + (ownAt[index] ?? 0), own[index] ?? "") < 0) return -1;
    return at + copy.length;
  }
}

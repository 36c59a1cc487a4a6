/**
 * How long one message is in all of its parts. Another that is as long everywhere can be written as a copy of its bytes, of
 * which only what differs is written over.
 */
export class Lengths {
  #body: Uint8Array | undefined;
  #address = -1;
  #own: readonly number[] = [];

  /** @param own the values of headers that it has for itself. */
  take(address: string, body: Uint8Array, own: readonly string[]): void {
    this.#body = body;
    this.#address = address.length;
    this.#own = own.map(({ length }) => length);
  }

  /** They are nobody's. */
  forget(): void {
    this.#body = undefined;
  }

  /** Whether the other has the very same body, and is as long. */
  areOf(address: string, body: Uint8Array, own: readonly string[]): boolean {
    if (body !== this.#body || address.length !== this.#address) return false;
    const lengths = this.#own;
    for (let index = 0; index < lengths.length; index += 1) if (own[index]?.length !== lengths[index]) return false;
    return own.length === lengths.length;
  }
}

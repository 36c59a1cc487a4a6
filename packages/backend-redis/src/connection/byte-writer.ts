/** Bytes that are put together from pieces, most of them short. */

/** Up to so many a loop is quicker than a call into the engine. */
const SHORT_BYTES = 64;
const FIRST_BYTES = 65_536;
/** Printable ASCII. */
const [FIRST_PLAIN, LAST_PLAIN] = [0x20, 0x7e];

/** It can be written again and again: new memory costs as much as filling it. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param capacity it grows where that is not enough. */
  constructor(capacity: number = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** What has been written. It stays as it is until the writer begins anew. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where the next piece begins. */
  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Forgets everything. */
  begin(): void {
    this.cut(0);
  }

  /** Text with one character for each byte. */
  text(text: string): void {
    const start = this.#grow(text.length);
    const bytes = this.#bytes;
    if (text.length > SHORT_BYTES) bytes.write(text, start, "latin1");
    else for (let index = 0; index < text.length; index += 1) bytes[start + index] = text.charCodeAt(index);
  }

  bytes(piece: Uint8Array): void {
    const start = this.#grow(piece.length);
    const bytes = this.#bytes;
    if (piece.length > SHORT_BYTES) bytes.set(piece, start);
    else for (let index = 0; index < piece.length; index += 1) bytes[start + index] = piece[index] ?? 0;
  }

  /** In the place of as much that has been written. False: it is not all printable ASCII, and some of it may stand there. */
  putOver(start: number, text: string): boolean {
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < FIRST_PLAIN || code > LAST_PLAIN) return false;
      bytes[start + index] = code;
    }
    return true;
  }

  /** Forgets what stands from there on. */
  cut(length: number): void {
    this.#length = length;
  }

  /** Gives where there is room for so many more. */
  #grow(more: number): number {
    const start = this.#length;
    this.#length += more;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * this.#length);
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}

/** Writers that wait to be used again: a few, and none that holds much. */
export class ByteWriters {
  readonly #free: ByteWriter[] = [];
  readonly #max: number;
  readonly #maxBytes: number;

  constructor({ max, maxBytes }: { readonly max: number; readonly maxBytes: number }) {
    this.#max = max;
    this.#maxBytes = maxBytes;
  }

  take(): ByteWriter {
    const writer = this.#free.pop() ?? new ByteWriter();
    writer.begin();
    return writer;
  }

  /** Nobody may read any more what it has written. */
  give(writer: ByteWriter): void {
    if (this.#free.length < this.#max && writer.capacity <= this.#maxBytes) this.#free.push(writer);
  }
}

/**
 * Records as they stand in a log: batches of format 2, https://kafka.apache.org/documentation/#recordbatch. The driver makes
 * objects of all of them, and of every header, also of those that are for others.
 */

import { type Codec, codecOf } from "./codecs.ts";

/** Records that were written together. */
export interface Batch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The end of somebody's transaction, and no messages. */
  readonly isControl: boolean;
  readonly count: number;
  /** Of its first record, epoch ms by its sender's clock, to which those of records are added. */
  readonly firstTimestamp: number;
  /** Of all its records, epoch ms by the broker's clock, where the topic wants that. */
  readonly appendedAt: number | undefined;
  /** Not compressed any more. */
  readonly records: Buffer;
}

/** Of the base offset and the length, which counts what is behind it. */
const HEAD_BYTES = 12;
const MAGIC_AT = 16;
const MAGIC = 2;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const CODEC_MASK = 0x07;
const APPEND_TIME_MASK = 0x08;
const CONTROL_MASK = 0x20;

/**
 * Without one at the end that has not come whole; up to one that can't be read, where others stand before it.
 *
 * @throws MissingCodec; Error: an older format
 */
export async function batchesIn(set: Buffer): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (let at = 0; at + RECORDS_AT <= set.length; ) {
    const end = at + HEAD_BYTES + set.readInt32BE(at + 8);
    if (end > set.length) break;
    const attributes = set.readInt16BE(at + ATTRIBUTES_AT);
    let codec: Codec | undefined;
    try {
      if (set[at + MAGIC_AT] !== MAGIC) throw new OldFormat();
      codec = codecOf(attributes & CODEC_MASK);
    } catch (error) {
      if (batches.length > 0) break;
      throw error;
    }
    const records = set.subarray(at + RECORDS_AT, end);
    const baseOffset = Number(set.readBigInt64BE(at));
    batches.push({
      baseOffset,
      lastOffset: baseOffset + set.readInt32BE(at + LAST_DELTA_AT),
      isControl: (attributes & CONTROL_MASK) !== 0,
      count: set.readInt32BE(at + COUNT_AT),
      firstTimestamp: Number(set.readBigInt64BE(at + FIRST_TIMESTAMP_AT)),
      appendedAt: (attributes & APPEND_TIME_MASK) === 0 ? undefined : Number(set.readBigInt64BE(at + MAX_TIMESTAMP_AT)),
      records: codec === undefined ? records : await codec.decompress(records),
    });
    at = end;
  }
  return batches;
}

/** Goes through the records of a batch, and makes nothing of those that nobody asks about. */
export class RecordCursor {
  readonly #batch: Batch;
  readonly #bytes: Buffer;
  #left: number;
  #next = 0;
  #at = 0;
  #timeAt = 0;
  #keyAt = 0;
  #keyEnd = -1;
  #offset = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
    this.#bytes = batch.records;
    this.#left = batch.count;
  }

  /** False: there are no more. */
  next(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    this.#at = this.#next;
    const length = this.#varint();
    this.#next = this.#at + length;
    this.#at += 1; // Attributes, which mean nothing.
    this.#timeAt = this.#at;
    this.#skipVarint();
    this.#offset = this.#batch.baseOffset + this.#varint();
    const keyLength = this.#varint();
    this.#keyAt = this.#at;
    this.#keyEnd = keyLength < 0 ? -1 : this.#at + keyLength;
    this.#at += Math.max(0, keyLength);
    return true;
  }

  get offset(): number {
    return this.#offset;
  }

  /** As text; `undefined`: it has none, or is no message. */
  get key(): string | undefined {
    if (this.#keyEnd < 0 || this.#batch.isControl) return undefined;
    return this.#bytes.toString("utf8", this.#keyAt, this.#keyEnd);
  }

  /** Epoch ms: when it was written, by the clock that its topic goes by. */
  get timestamp(): number {
    const { appendedAt, firstTimestamp } = this.#batch;
    return appendedAt ?? firstTimestamp + this.#varlongAt(this.#timeAt);
  }

  /** Instead of {@link read}: `null` is not the same as empty. */
  readValue(): Buffer | null {
    const value = this.#part();
    return value === undefined ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  /** To be called once for a record. */
  read(): { readonly value: Uint8Array; readonly headers: readonly (readonly [name: string, value: string])[] } {
    const value = this.#part() ?? new Uint8Array();
    const headers: [string, string][] = [];
    for (let left = this.#varint(); left > 0; left -= 1) headers.push([this.#text(), this.#text()]);
    return { value, headers };
  }

  /** `undefined`: it is missing, which is not the same as empty. */
  #part(): Uint8Array | undefined {
    const length = this.#varint();
    if (length < 0) return undefined;
    const start = this.#at;
    this.#at += length;
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  #text(): string {
    const length = Math.max(0, this.#varint());
    const start = this.#at;
    this.#at += length;
    return this.#bytes.toString("utf8", start, this.#at);
  }

  /** Zigzag, of 32 bits. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }

  /** Zigzag, of 64 bits, of which as many count as a safe integer has. */
  #varlongAt(start: number): number {
    let value = 0;
    for (let at = start, factor = 1; ; at += 1, factor *= 0x80) {
      const byte = this.#bytes[at] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  #skipVarint(): void {
    while ((this.#bytes[this.#at] ?? 0) >= 0x80) this.#at += 1;
    this.#at += 1;
  }
}

class OldFormat extends Error {
  constructor() {
    super("records in a format from before Kafka 0.11");
    this.name = "KafkaJSNotImplemented";
  }
}

/** Commands that publish, in Redis' protocol. */

import type { ByteWriter } from "../connection/byte-writer.ts";
import { byteText } from "./byte-text.ts";
import type { Letters } from "./letters.ts";
import { Stencil } from "./stencil.ts";

export function commandText(...parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join("")}`;
}

const BREAK = bytesOf("\r\n");

/**
 * Writes a PUBLISH for each message. Of one batch most are as long everywhere as the one before: such a one is a copy of it,
 * written over where it differs.
 */
export class PublishWriter {
  readonly #prefix: string;
  readonly #letters: Letters;
  readonly #stencil = new Stencil();
  #addressLength = -1;
  /** Up to an address of that length. */
  #untilAddress = BREAK;
  #messageLength = -1;
  /** From the address up to a message of that length. */
  #untilMessage = BREAK;

  /** @param prefix of all channels. */
  constructor(prefix: string, letters: Letters) {
    this.#prefix = prefix;
    this.#letters = letters;
  }

  /** The message of that index. @throws INVALID_ARGUMENT: what is no header. */
  write(writer: ByteWriter, index: number): void {
    const letters = this.#letters;
    const [address, body] = [letters.addressAt(index), letters.bodyAt(index)];
    const isCopied = letters.fits(index) && this.#stencil.put(writer, address, body, letters.starts.own);
    if (!isCopied) this.#spellOut(writer, address, body, letters.encode(index));
  }

  /** @param startLength bytes of the envelope before the body. */
  #spellOut(writer: ByteWriter, address: string, body: Uint8Array, startLength: number): void {
    const { starts } = this.#letters;
    const from = writer.length;
    const text = byteText(address);
    this.#expect(text.length, startLength + body.length);
    writer.bytes(this.#untilAddress);
    const addressAt = writer.length;
    writer.text(text);
    writer.bytes(this.#untilMessage);
    const ownAt = starts.write(writer);
    writer.bytes(body);
    writer.bytes(BREAK);
    if (text === address && starts.isPlain) {
      this.#stencil.take({ writer, from, addressAt, ownAt }, { address, body }, starts.own);
    } else this.#stencil.forget();
  }

  #expect(addressLength: number, messageLength: number): void {
    if (addressLength !== this.#addressLength) {
      const channelLength = this.#prefix.length + addressLength;
      this.#untilAddress = bytesOf(`*3\r\n$7\r\nPUBLISH\r\n$${channelLength}\r\n${this.#prefix}`);
      this.#addressLength = addressLength;
    }
    if (messageLength === this.#messageLength) return;
    this.#untilMessage = bytesOf(`\r\n$${messageLength}\r\n`);
    this.#messageLength = messageLength;
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

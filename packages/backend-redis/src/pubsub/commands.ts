/** Commands that publish, in Redis' protocol. */

import type { Outgoing } from "@muster/core/slots";
import type { ByteWriter } from "../connection/byte-writer.ts";
import { byteText } from "./byte-text.ts";
import type { EnvelopeStarts } from "./envelope-start.ts";
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
  readonly #starts: EnvelopeStarts;
  readonly #stencil = new Stencil();
  #addressLength = -1;
  /** Up to an address of that length. */
  #untilAddress = BREAK;
  #messageLength = -1;
  /** From the address up to a message of that length. */
  #untilMessage = BREAK;

  /** @param prefix of all channels. */
  constructor(prefix: string, starts: EnvelopeStarts) {
    this.#prefix = prefix;
    this.#starts = starts;
  }

  /** @throws INVALID_ARGUMENT: what is no header. */
  write(writer: ByteWriter, message: Outgoing): void {
    const starts = this.#starts;
    const isCopied = starts.fits(message.headers) && this.#stencil.put(writer, message, starts.own);
    if (!isCopied) this.#spellOut(writer, message);
  }

  #spellOut(writer: ByteWriter, message: Outgoing): void {
    const { address, headers, body } = message;
    const from = writer.length;
    const text = byteText(address);
    this.#expect(text.length, this.#starts.next(headers) + body.length);
    writer.bytes(this.#untilAddress);
    const addressAt = writer.length;
    writer.text(text);
    writer.bytes(this.#untilMessage);
    const ownAt = this.#starts.write(writer);
    writer.bytes(body);
    writer.bytes(BREAK);
    if (text === address && this.#starts.isPlain) {
      this.#stencil.take({ writer, from, addressAt, ownAt }, message, this.#starts.own);
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

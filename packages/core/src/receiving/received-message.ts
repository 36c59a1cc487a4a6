import type { Content } from "../wire/frame.ts";
import type { Message } from "../message.ts";

const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One multicast as it arrived, shared by all its recipients here: text is decoded once, however many read it. The payload
 * is a view of all that arrived with it, until somebody reads it or it has to wait: of most messages no copy is needed.
 */
export class ReceivedContent {
  readonly id: string;
  readonly contentType: string;
  readonly sentAt: number;
  #payload: Uint8Array;
  #text: string | undefined;

  constructor({ id, contentType, sentAt, payload }: Content) {
    this.id = id;
    this.contentType = contentType;
    this.sentAt = sentAt;
    this.#payload = payload;
  }

  /** The payload and nothing else, so that who keeps it keeps no more. */
  bytes(): Uint8Array {
    if (this.#payload.byteLength < this.#payload.buffer.byteLength) this.#payload = new Uint8Array(this.#payload);
    return this.#payload;
  }

  text(): string {
    this.#text ??= UTF_8.decode(this.bytes());
    return this.#text;
  }
}

/** What one of the recipients is handed. */
export class ReceivedMessage implements Message {
  readonly identity: string;
  readonly epoch: number;
  readonly #content: ReceivedContent;

  constructor(content: ReceivedContent, identity: string, epoch: number) {
    this.#content = content;
    this.identity = identity;
    this.epoch = epoch;
  }

  get id(): string {
    return this.#content.id;
  }

  get contentType(): string {
    return this.#content.contentType;
  }

  get sentAt(): number {
    return this.#content.sentAt;
  }

  /** For later: what it arrived with can be forgotten. */
  kept(): this {
    this.#content.bytes();
    return this;
  }

  bytes(): Uint8Array {
    return this.#content.bytes();
  }

  text(): string {
    return this.#content.text();
  }

  json(): unknown {
    return JSON.parse(this.#content.text());
  }
}

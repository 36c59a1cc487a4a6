import type { Content } from "../wire/frame.ts";
import type { Message } from "../message.ts";

const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** One multicast as it arrived, shared by all its recipients here: text is decoded once, however many read it. */
export class ReceivedContent {
  readonly content: Content;
  #text: string | undefined;

  constructor(content: Content) {
    this.content = content;
  }

  text(): string {
    this.#text ??= UTF_8.decode(this.content.payload);
    return this.#text;
  }
}

/** What one of the recipients is handed. */
export class ReceivedMessage implements Message {
  readonly identity: string;
  readonly epoch: number;
  readonly #received: ReceivedContent;

  constructor(received: ReceivedContent, identity: string, epoch: number) {
    this.#received = received;
    this.identity = identity;
    this.epoch = epoch;
  }

  get id(): string {
    return this.#received.content.id;
  }

  get contentType(): string {
    return this.#received.content.contentType;
  }

  get sentAt(): number {
    return this.#received.content.sentAt;
  }

  bytes(): Uint8Array {
    return this.#received.content.payload;
  }

  text(): string {
    return this.#received.text();
  }

  json(): unknown {
    return JSON.parse(this.#received.text());
  }
}

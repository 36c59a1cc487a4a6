import type { Content } from "../wire/message-frame.ts";
import type { Message } from "../message.ts";
import type { Acknowledger, Outcome } from "./outcome.ts";

const HANDLED: Outcome = { as: "handled" };
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
  /** Absent: nobody waits for its outcome. */
  readonly acknowledger: Acknowledger | undefined;
  /** Which of its acknowledger's messages it is. */
  readonly place: number;
  readonly #content: ReceivedContent;
  #rejection: string | undefined;
  #abandoning: AbortController | undefined;

  constructor(content: ReceivedContent, identity: string, epoch: number, acknowledger?: Acknowledger, place = 0) {
    this.#content = content;
    this.identity = identity;
    this.epoch = epoch;
    this.acknowledger = acknowledger;
    this.place = place;
  }

  get attempt(): number {
    return this.acknowledger?.attempt ?? 1;
  }

  get signal(): AbortSignal {
    this.#abandoning ??= new AbortController();
    return this.#abandoning.signal;
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

  /** Its handler may still reject it, up to its end. @throws TypeError unless there is a reason. */
  reject(reason: string): void {
    if (typeof reason !== "string" || reason === "")
      throw new TypeError("reject needs a reason: a string that says why");
    this.#rejection ??= reason;
  }

  get isRejected(): boolean {
    return this.#rejection !== undefined;
  }

  /** What its handler does no longer counts. */
  abandon(reason: unknown): void {
    this.#abandoning ??= new AbortController();
    this.#abandoning.abort(reason);
  }

  /** Its handler has returned. */
  finish(): void {
    const reason = this.#rejection;
    this.settle(reason === undefined ? HANDLED : { as: "rejected", reason });
  }

  /** Exactly once, where somebody waits for its outcome. */
  settle(outcome: Outcome): void {
    this.acknowledger?.settle(this, outcome);
  }
}

/**
 * Many requests in flight over one subscription, written together: JetStream answers each publish, and a batch of a
 * thousand is a thousand of them. The driver's own `request` makes timers, buffers and a turn of each.
 *
 * Nothing is sent twice. What has been sent when the connection breaks, or is not answered in time, may have been applied.
 */

import type { Msg, Subscription } from "@nats-io/transport-node";
import type { Link } from "../connection/link.ts";
import { codedError, unavailable } from "../errors.ts";

/** Of one request: a leader that has died answers nothing, and another is found within seconds. */
const PATIENCE_MS = 5_000;
const WATCH_EVERY_MS = 250;
/** Nobody is there to take it: no such stream or consumer, or one without a leader. */
export const NO_RESPONDERS = 503;

export interface Request {
  readonly subject: string;
  readonly body: string | Uint8Array;
  /** Whole lines, each with its end. */
  readonly headers?: string;
}

export interface Answer {
  /** Of a status in its headers, such as {@link NO_RESPONDERS}; 0: none. */
  readonly status: number;
  readonly message: Msg;
}

interface Waiting {
  readonly operation: string;
  readonly subject: string;
  readonly endsAt: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class Requests implements Disposable {
  readonly #link: Link;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #following: Disposable;
  readonly #waiting = new Map<number, Waiting>();
  #numbers = 0;
  #parts: (string | Uint8Array)[] = [];
  #text = "";
  #unsent: number[] = [];
  #watch: NodeJS.Timeout | undefined;

  /** Live after the next round trip. */
  constructor(link: Link) {
    this.#link = link;
    this.#inbox = link.newInbox();
    this.#subscription = link.listen(`${this.#inbox}.*`, (error, message) => {
      if (error === null) this.#take(message);
      else this.#failAll("the server does not let its answers in", error);
    });
    this.#following = link.follow({
      onRoute: (state) => (state === "down" ? this.#failAll("the connection broke") : undefined),
      onEnd: (error) => this.#failAll("the connection broke", error),
      onRefused: (subject, error) => this.#refuse(subject, error),
    });
  }

  get link(): Link {
    return this.#link;
  }

  /**
   * Sent in a microtask, with all that is asked meanwhile.
   *
   * @throws UNAVAILABLE, with `mayHaveApplied` when it has been sent; PERMISSION_DENIED: the server does not permit the subject.
   */
  async ask(
    { subject, body, headers = "" }: Request,
    operation: string,
    patienceMs: number = PATIENCE_MS,
  ): Promise<Answer> {
    this.#link.check({ operation });
    this.#numbers += 1;
    const number = this.#numbers;
    this.#write(subject, ` ${this.#inbox}.${number}`, headers, body);
    this.#unsent.push(number);
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(number, { operation, subject, endsAt: performance.now() + patienceMs, resolve, reject });
      this.#watch ??= setInterval(() => this.#expire(), WATCH_EVERY_MS).unref();
    });
  }

  /** Sent with what is asked meanwhile; nobody hears whether it has arrived. */
  tell(subject: string, body: string, reply: string = ""): void {
    if (this.#link.isUp) this.#write(subject, reply === "" ? "" : ` ${reply}`, "", body);
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#subscription.unsubscribe();
    this.#failAll("the connection has been given up");
  }

  #write(subject: string, reply: string, headers: string, body: string | Uint8Array): void {
    if (this.#parts.length === 0 && this.#text === "") queueMicrotask(() => this.#flush());
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    if (headers === "") this.#text += `PUB ${subject}${reply} ${bytes}\r\n`;
    else {
      const head = `NATS/1.0\r\n${headers}\r\n`;
      this.#text += `HPUB ${subject}${reply} ${head.length} ${head.length + bytes}\r\n${head}`;
    }
    if (typeof body === "string") this.#text += body;
    else {
      this.#parts.push(this.#text, body);
      this.#text = "";
    }
    this.#text += "\r\n";
  }

  #flush(): void {
    const parts = [...this.#parts, this.#text];
    const unsent = this.#unsent;
    this.#parts = [];
    this.#text = "";
    this.#unsent = [];
    if (this.#link.isUp) {
      const buffers = parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
      const [only, ...others] = buffers;
      if (only !== undefined) this.#link.outlet.send(others.length === 0 ? only : Buffer.concat(buffers));
      return;
    }
    for (const number of unsent) {
      const one = this.#settle(number);
      one?.reject(unavailable("there is no connection to the server", { operation: one.operation }));
    }
  }

  #take(message: Msg): void {
    const number = Number(message.subject.slice(this.#inbox.length + 1));
    const status = message.data.length === 0 ? (message.headers?.code ?? 0) : 0;
    this.#settle(number)?.resolve({ status, message });
  }

  #settle(number: number): Waiting | undefined {
    const one = this.#waiting.get(number);
    this.#waiting.delete(number);
    return one;
  }

  #expire(): void {
    const now = performance.now();
    for (const [number, one] of this.#waiting) {
      if (one.endsAt > now) continue;
      this.#waiting.delete(number);
      one.reject(lost("JetStream has not answered in time", one));
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #refuse(subject: string, error: Error): void {
    for (const [number, one] of this.#waiting) {
      if (one.subject !== subject) continue;
      this.#waiting.delete(number);
      one.reject(codedError(error, { operation: one.operation }));
    }
  }

  #failAll(message: string, cause?: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(lost(message, one, cause));
  }
}

function lost(message: string, { operation }: Waiting, cause?: unknown): Error {
  return unavailable(message, { operation, mayHaveApplied: true }, cause);
}

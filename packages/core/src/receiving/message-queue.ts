import type { OverflowPolicy } from "../fleet.ts";
import { UNTRIED } from "./outcome.ts";
import type { ReceivedMessage } from "./received-message.ts";

const COMPACT_AT = 256;

export interface MessageQueueOptions {
  /** Messages that may wait. Default 1,000. */
  readonly capacity?: number | undefined;
  /** Default `drop-oldest`. */
  readonly overflow?: OverflowPolicy | undefined;
  /** Told how many were dropped for want of room since it was last told; once per turn of the event loop at most. */
  onOverflow(dropped: number): void;
  /** Told once, under the policy `disconnect`, that nothing more will be taken. */
  onDisconnect?(): void;
}

/** Messages that wait for one receiver, oldest first, never more than fit; durable ones take no room. */
export class MessageQueue {
  readonly #options: MessageQueueOptions;
  readonly #capacity: number;
  #messages: (ReceivedMessage | undefined)[] = [];
  #head = 0;
  /** How many of them are durable. */
  #durable = 0;
  #dropped = 0;
  #ended = false;

  constructor(options: MessageQueueOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 1_000;
  }

  /** True: nothing more is taken. What waits can still be shifted, unless it was cleared. */
  get ended(): boolean {
    return this.#ended;
  }

  push(message: ReceivedMessage): void {
    if (this.#ended) {
      message.settle(UNTRIED);
      return;
    }
    if (isDurable(message) || this.#messages.length - this.#head - this.#durable < this.#capacity) {
      if (isDurable(message)) this.#durable += 1;
      this.#messages.push(message.kept());
      return;
    }
    this.#countDrop();
    if (this.#options.overflow === "disconnect") {
      this.#ended = true;
      message.settle(UNTRIED);
      this.#options.onDisconnect?.();
      return;
    }
    const dropped = this.#options.overflow === "drop-newest" ? message : this.#takeOldest();
    dropped?.settle(UNTRIED);
    if (dropped !== message) this.#messages.push(message.kept());
  }

  shift(): ReceivedMessage | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    if (isDurable(message)) this.#durable -= 1;
    this.#messages[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#messages.length) {
      this.#messages = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  /** Takes nothing more and forgets what waits. */
  clear(): void {
    this.#ended = true;
    const left = this.#messages.slice(this.#head);
    this.#messages = [];
    this.#head = 0;
    this.#durable = 0;
    for (const message of left) message?.settle(UNTRIED);
  }

  /** That may be dropped. */
  #takeOldest(): ReceivedMessage | undefined {
    const first = this.#messages[this.#head];
    if (first === undefined || !isDurable(first)) return this.shift();
    const index = this.#messages.findIndex(
      (message, place) => place > this.#head && message !== undefined && !isDurable(message),
    );
    return index < 0 ? undefined : this.#messages.splice(index, 1)[0];
  }

  #countDrop(): void {
    this.#dropped += 1;
    if (this.#dropped > 1) return;
    setImmediate(() => {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#options.onOverflow(dropped);
    });
  }
}

function isDurable({ acknowledger }: ReceivedMessage): boolean {
  return acknowledger?.isDurable === true;
}

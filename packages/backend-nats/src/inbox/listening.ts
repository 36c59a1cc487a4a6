import type { Subscription } from "@nats-io/transport-node";
import type { Link } from "../connection/link.ts";
import type { Listener } from "../connection/listener.ts";

/** What the addresses of an inbox tell it. */
export interface ListeningEvents {
  onMessage(address: string, ...message: Parameters<Listener["take"]>): void;
  /** Of an address that was live, the server has withdrawn the permission. */
  onRefused(address: string, error: Error): void;
}

/** One address of an inbox. */
export class Listening implements Listener {
  readonly #address: string;
  readonly #events: ListeningEvents;
  #subscription: Subscription | undefined;
  /** Calls that wait for it to be live. */
  waiting = 0;
  isLive = false;
  refusal: Error | undefined;

  constructor(address: string, events: ListeningEvents) {
    this.#address = address;
    this.#events = events;
  }

  begin(link: Link, subject: string): void {
    this.#subscription = link.subscribe(subject, this);
  }

  end(when: "at once" | "after what is on its way"): void {
    if (when === "at once") this.#subscription?.unsubscribe();
    else this.#subscription?.drain().catch(() => undefined); // The round trip behind it tells.
  }

  take(bytes: Buffer, headersAt: number, bodyAt: number, end: number): void {
    this.#events.onMessage(this.#address, bytes, headersAt, bodyAt, end);
  }

  refuse(error: Error): void {
    this.refusal = error;
    if (this.isLive) this.#events.onRefused(this.#address, error);
  }
}

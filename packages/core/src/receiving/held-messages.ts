import { UNTRIED } from "./outcome.ts";
import type { ReceivedMessage } from "./received-message.ts";

const MAX_HELD = 1_000;

/** What has come for one identity while registrations of it are under way, each of which waits for its own epoch. */
export class HeldMessages {
  /** Registrations under way. */
  waiting = 0;
  #messages: ReceivedMessage[] = [];

  hold(message: ReceivedMessage): void {
    if (this.#messages.length === MAX_HELD) this.#messages.shift()?.settle(UNTRIED);
    this.#messages.push(message.kept());
  }

  /** Those of one epoch, which are held no longer. */
  take(epoch: number): readonly ReceivedMessage[] {
    const taken = this.#messages.filter((message) => message.epoch === epoch);
    this.#messages = this.#messages.filter((message) => message.epoch !== epoch);
    return taken;
  }

  /** Nobody waits for them any more. */
  drop(): void {
    for (const message of this.#messages.splice(0)) message.settle(UNTRIED);
  }
}

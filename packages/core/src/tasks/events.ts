/** A typed emitter, small enough to own one per handle. */

import { MusterError } from "../slots/index.ts";

/** What a handle or a node is told, and who listens. */
export class Emitter<Events extends object> {
  /** Most have no listener ever, and there may be very many. */
  #listeners: Map<keyof Events, Set<(detail: never) => void>> | undefined;
  readonly #warn: (error: MusterError) => void;

  /** @param warn gets what listeners throw, so that one of them stops neither the others nor the emitter. */
  constructor(warn: (error: MusterError) => void) {
    this.#warn = warn;
  }

  /** Listens until the returned disposer runs. The same function twice is called once. */
  on<Event extends keyof Events>(event: Event, listener: (detail: Events[Event]) => void): Disposable {
    this.#listeners ??= new Map();
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** Calls everyone who listens now, in the order they came. Never throws. */
  emit<Event extends keyof Events>(event: Event, detail: Events[Event]): void {
    for (const listener of [...(this.#listeners?.get(event) ?? [])]) {
      try {
        // `on` has stored it under the key whose detail this is.
        (listener as (detail: Events[Event]) => void)(detail);
      } catch (cause) {
        const message = "a listener threw; catch inside the listener";
        this.#warn(
          new MusterError({ code: "INTERNAL", source: "core.events", subject: String(event), message, cause }),
        );
      }
    }
  }
}

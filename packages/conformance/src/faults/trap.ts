import type { Connection } from "./connection.ts";

/** Waits for one request, and then for the reply to it. */
export class Trap {
  readonly sprung: Promise<void>;
  readonly #matches: (request: Uint8Array) => boolean;
  #caught: Connection | undefined;
  #settle = (): void => {};

  constructor(matches: (request: Uint8Array) => boolean) {
    this.#matches = matches;
    this.sprung = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** A request whose connection ends before the reply doesn't count. */
  onRequest(connection: Connection, request: Uint8Array): void {
    if (!this.#caught?.isOpen && this.#matches(request)) this.#caught = connection;
  }

  /** Whether it is the reply that was waited for. */
  isFor(connection: Connection): boolean {
    return this.#caught === connection;
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#settle();
  }
}

/** When the server hands over no more, who has much here makes room for others, behind them. */

import { sendBack } from "./moving.ts";
import { PREFETCH } from "./seat.ts";
import type { Space } from "./space.ts";

/** Of one identity. */
const MOST_OF_ONE = 16;
const EVERY_MS = 250;

export class Crowds {
  readonly #space: Space;
  #timer: NodeJS.Timeout | undefined;

  constructor(space: Space) {
    this.#space = space;
  }

  /** Something has arrived. */
  look(): void {
    if (this.#space.holdings.size < PREFETCH || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.look();
    }, EVERY_MS).unref();
    this.#space.behind(sendBack(this.#space, this.#space.holdings.crowding(MOST_OF_ONE)));
  }
}

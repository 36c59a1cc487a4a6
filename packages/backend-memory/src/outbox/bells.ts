/** Who wants to hear that something has been committed. */

import type { Line } from "../faults.ts";

export class Bells {
  readonly #listening = new Set<() => void>();

  /** In a turn of its own each, for no listener is part of the commit. */
  ring(): void {
    for (const listener of this.#listening) queueMicrotask(listener);
  }

  /** What was not heard while the store was out of reach is made up for. */
  listen(line: Line, ring: () => void): Disposable {
    let isMissed = false;
    const hear = (): void => {
      if (!this.#listening.has(hear)) return;
      isMissed = !isReachable(line);
      if (!isMissed && !line.isStopped) ring();
    };
    const change = line.onChange(() => {
      if (isMissed && isReachable(line)) hear();
    });
    this.#listening.add(hear);
    return {
      [Symbol.dispose]: (): void => {
        this.#listening.delete(hear);
        change[Symbol.dispose]();
      },
    };
  }
}

function isReachable(line: Line): boolean {
  return !line.isDown("store") && !line.isFrozen;
}

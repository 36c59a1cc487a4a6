/** Processes that tell what they have done, and die. */

import type { Store } from "../../src/store/store.ts";

export async function told(word: unknown): Promise<void> {
  await new Promise<void>((resolve) => {
    process.send?.(word, () => resolve());
  });
}

/** Without a word, and before the statement. */
export function mortal(store: Store, statements: number): Store {
  let left = statements;
  const live = (): void => {
    left -= 1;
    if (left <= 0) process.kill(process.pid, "SIGKILL");
  };
  for (const name of ["all", "get", "run", "execute"] as const) {
    const method = store[name].bind(store) as (...args: unknown[]) => never;
    Object.assign(store, {
      [name]: (...args: unknown[]) => {
        live();
        return method(...args);
      },
    });
  }
  return store;
}

/** What can be asked of the file: synchronous functions over a {@link Store}, which run in its thread. */

import type { Store } from "./store.ts";

/**
 * `write`: runs in a transaction that holds the write lock, maybe with others before and behind it, and is undone alone
 * when it throws. `read`: sees the file as it stood at one moment. Arguments and results are what structured cloning takes.
 */
export interface Operation<Args, Result> {
  readonly kind: "read" | "write";
  run(store: Store, args: Args): Result;
}

export type ArgsOf<O> = O extends Operation<infer Args, infer _> ? Args : never;
export type ResultOf<O> = O extends Operation<infer _, infer Result> ? Result : never;

export function reading<Args, Result>(run: (store: Store, args: Args) => Result): Operation<Args, Result> {
  return { kind: "read", run };
}

export function writing<Args, Result>(run: (store: Store, args: Args) => Result): Operation<Args, Result> {
  return { kind: "write", run };
}

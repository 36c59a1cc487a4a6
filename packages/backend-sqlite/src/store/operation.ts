/** What can be asked of the file: synchronous functions over a {@link Store}, which run in its thread. */

import type { Store } from "./store.ts";

/**
 * - `write`: runs in a transaction that holds the write lock, maybe with others before and behind it, and is undone alone when
 *   it throws.
 * - `read`: sees the file as it stood at one moment.
 * - `handling`: runs in a transaction that stays open from one to the next: see {@link Handling}.
 *
 * Arguments and results are what structured cloning takes.
 */
export interface Operation<Args, Result> {
  readonly kind: "read" | "write" | "handling";
  run(store: Store, args: Args): Result;
  /** A write that begins only when there may be something for it to do. */
  readonly wait?: Wait<Args, Result>;
  /** The first one of a transaction, or the last: then that ends so when it has run. */
  readonly step?: "begin" | "commit" | "rollback";
}

export interface Wait<Args, Result> {
  /** How long it waits at most, from when it is asked for. */
  waitMs(args: Args): number;
  /** By reading alone: from when on there may be something, in epoch ms; Infinity: not before something is written. */
  dueAt(store: Store, args: Args): number;
  /** What is answered when there was nothing. */
  readonly nothing: Result;
  isNothing(result: Result): boolean;
}

/** What all operations of one open transaction have in common. The first one waits for the write lock, and begins it. */
export interface Handling {
  /** Chosen by the caller; no other transaction of this thread ever has it. */
  readonly transaction: number;
  /** How long it may hold the write lock, for which everyone waits; then it is undone. */
  readonly maxMs: number;
}

export type ArgsOf<O> = O extends Operation<infer Args, infer _> ? Args : never;
export type ResultOf<O> = O extends Operation<infer _, infer Result> ? Result : never;

export function reading<Args, Result>(run: (store: Store, args: Args) => Result): Operation<Args, Result> {
  return { kind: "read", run };
}

export function writing<Args, Result>(run: (store: Store, args: Args) => Result): Operation<Args, Result> {
  return { kind: "write", run };
}

export function waiting<Args, Result>(
  run: (store: Store, args: Args) => Result,
  wait: Wait<Args, Result>,
): Operation<Args, Result> {
  return { kind: "write", run, wait };
}

export function handling<Args extends Handling, Result>(
  run: (store: Store, args: Args) => Result,
  step?: "begin" | "commit" | "rollback",
): Operation<Args, Result> {
  return { kind: "handling", run, ...(step && { step }) };
}

/** One call at a time: its deadline, its caller's signal, and coded errors for both ways it can end. */

import type { Call } from "./backend.ts";
import { type DeadlineQueue, deadlineQueue, type Expiring } from "./deadlines.ts";
import { isMusterError, MusterError } from "./errors.ts";
import { OperationCall } from "./operation-call.ts";

export interface CallOptions {
  /** Aborting gives up the call, with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Deadline of the call in ms, after which it rejects with `TIMEOUT`. */
  readonly timeoutMs?: number;
}

/** A {@link Call} of which it is known when it ends. */
export interface TimedCall extends Call {
  /** Monotonic (`performance.now()`): when it ends at the latest. */
  readonly deadline: number;
}

/** A {@link Call} that must be disposed of, so that neither its timer nor its listener outlives it. */
export interface DisposableCall extends TimedCall, Disposable {}

/**
 * A call that ends when `options.signal` aborts or `timeoutMs` have passed, whichever is first. Any number of calls can
 * share one signal: they put one listener on it, for as long as any of them lasts.
 *
 * `AbortSignal.any` is not used: it keeps every derived signal alive as long as its source.
 */
export function linkCall(options: CallOptions, defaultTimeoutMs: number, source: string): DisposableCall {
  return new LinkedCall(options.signal, options.timeoutMs ?? defaultTimeoutMs, source);
}

/** Makes its signal only when it is asked for one: most calls end without anybody having listened to a signal. */
class LinkedCall implements DisposableCall, Expiring {
  readonly deadline: number;
  before: Expiring | undefined;
  behind: Expiring | undefined;
  readonly #timeoutMs: number;
  readonly #source: string;
  readonly #outer: AbortSignal | undefined;
  readonly #queue: DeadlineQueue;
  #reason: MusterError | undefined;
  #controller: AbortController | undefined;
  /** Mostly the only one. */
  #listener: EndListener | (() => void) | undefined;
  #others: (EndListener | (() => void))[] | undefined;

  constructor(outer: AbortSignal | undefined, timeoutMs: number, source: string) {
    this.deadline = performance.now() + timeoutMs;
    this.#timeoutMs = timeoutMs;
    this.#source = source;
    this.#outer = outer;
    this.#queue = deadlineQueue(timeoutMs);
    this.#queue.enter(this);
    if (outer === undefined) return;
    if (outer.aborted) this.abort(outer.reason);
    else follow(outer, this);
  }

  /** Why it has ended; `undefined` while it goes on. */
  get reason(): MusterError | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  listen(listener: EndListener | (() => void)): void {
    if (this.#listener === undefined) this.#listener = listener;
    else if (this.#others === undefined) this.#others = [listener];
    else this.#others.push(listener);
  }

  unlisten(listener: EndListener | (() => void)): void {
    if (this.#listener === listener) this.#listener = undefined;
    const index = this.#others?.indexOf(listener) ?? -1;
    if (index >= 0) this.#others?.splice(index, 1);
  }

  abort(reason: unknown): void {
    this.#end(aborted(reason, this.#source));
  }

  expire(): void {
    const message = `no answer within ${this.#timeoutMs} ms`;
    this.#end(new MusterError({ code: "TIMEOUT", source: this.#source, message }));
  }

  [Symbol.dispose](): void {
    this.#queue.leave(this);
    if (this.#outer !== undefined) unfollow(this.#outer, this);
  }

  #end(reason: MusterError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const others = [...(this.#others ?? [])];
    if (this.#listener !== undefined) tell(this.#listener);
    for (const listener of others) tell(listener);
  }
}

function tell(listener: EndListener | (() => void)): void {
  if (typeof listener === "function") listener();
  else listener.handleEvent();
}

/** Whom one signal tells of its end. */
interface Followers {
  readonly all: Set<Follower>;
  tell(): void;
}

type Follower = LinkedCall | EndListener | (() => void);

/** One listener for all: with each of its own, a signal would warn of a leak, and walk through all of them each time. */
const followed = new WeakMap<AbortSignal, Followers>();

function follow(signal: AbortSignal, follower: Follower): void {
  const known = followed.get(signal);
  if (known !== undefined) {
    known.all.add(follower);
    return;
  }
  const all = new Set([follower]);
  const tellAll = (): void => {
    for (const one of all) {
      if (one instanceof LinkedCall) one.abort(signal.reason);
      else tell(one);
    }
  };
  followed.set(signal, { all, tell: tellAll });
  signal.addEventListener("abort", tellAll, { once: true });
}

function unfollow(signal: AbortSignal, follower: Follower): void {
  const followers = followed.get(signal);
  if (followers === undefined) return;
  followers.all.delete(follower);
  if (followers.all.size > 0) return;
  followed.delete(signal);
  signal.removeEventListener("abort", followers.tell);
}

/** What an object that wants to hear of the end of a call has, as signals have it: it takes no closure. */
export interface EndListener {
  handleEvent(): void;
}

/** Whose end it is that ends a call. */
function originOf(call: Call): Call {
  return call instanceof OperationCall ? originOf(call.origin) : call;
}

/** Whether the call has ended; as `call.signal.aborted`, without making a signal. */
export function hasEnded(call: Call): boolean {
  const origin = originOf(call);
  return origin instanceof LinkedCall ? origin.reason !== undefined : origin.signal.aborted;
}

/** Runs `listener` when the call ends, in the same turn, unless {@link offEnd} comes first. It must not throw. */
export function onEnd(call: Call, listener: EndListener | (() => void)): void {
  const origin = originOf(call);
  if (origin instanceof LinkedCall) origin.listen(listener);
  else follow(origin.signal, listener);
}

/** Undoes {@link onEnd}. */
export function offEnd(call: Call, listener: EndListener | (() => void)): void {
  const origin = originOf(call);
  if (origin instanceof LinkedCall) origin.unlisten(listener);
  else unfollow(origin.signal, listener);
}

/**
 * The error a method rejects with when its call's signal has aborted: `TIMEOUT` or `ABORTED`, naming the operation.
 *
 * @param mayHaveApplied true once the request may have left.
 */
export function abortedError(call: Call, source: string, mayHaveApplied = false): MusterError {
  const origin = originOf(call);
  const reason: unknown = origin instanceof LinkedCall ? origin.reason : origin.signal.reason;
  if (isMusterError(reason, "TIMEOUT")) {
    return new MusterError({ code: "TIMEOUT", source, message: "the deadline passed", mayHaveApplied, cause: reason });
  }
  return aborted(reason, source, mayHaveApplied);
}

/** @throws TIMEOUT, ABORTED: when the signal has already aborted; nothing has been applied. */
export function throwIfAborted(call: Call, source: string): void {
  if (hasEnded(call)) throw abortedError(call, source);
}

function aborted(cause: unknown, source: string, mayHaveApplied = false): MusterError<"ABORTED"> {
  return new MusterError({ code: "ABORTED", source, message: "the caller gave up", detail: {}, mayHaveApplied, cause });
}

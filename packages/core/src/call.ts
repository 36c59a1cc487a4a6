/** The frame around every verb: is the fleet open, what does the caller allow, and which errors leave. */

import {
  type CallOptions,
  type DisposableCall,
  isMusterError,
  linkCall,
  MusterError,
  throwIfAborted,
  type TimedCall,
} from "./slots/index.ts";
import { type Settler, settleWith } from "./tasks/settler.ts";

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What stands between a caller and a fleet: its default deadline, whether it still takes work, and how much is inside. */
export class Gate {
  readonly timeoutMs: number;
  state: "open" | "closing" | "closed" = "open";
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** One verb is under way until it leaves. @throws CLOSED unless the gate is open. */
  enter(source: string): void {
    if (this.state !== "open") throw new MusterError({ code: "CLOSED", source, message: "the fleet has been closed" });
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    if (this.#inside === 0) for (const wake of this.#waiting) wake();
  }

  /** Resolves when no verb is under way. */
  async empty(): Promise<void> {
    while (this.#inside > 0)
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    this.#waiting.clear();
  }
}

/**
 * Runs one verb with one call of its own, which ends at the caller's deadline or when the caller aborts.
 *
 * @throws CLOSED when the gate is not open; INVALID_ARGUMENT; TIMEOUT, ABORTED; else what `work` throws, as `INTERNAL` where
 * that is no coded error.
 */
export function runVerb<T>(
  gate: Gate,
  verb: string,
  options: CallOptions | undefined,
  work: (call: TimedCall) => Promise<T>,
): Promise<T> {
  return settleVerb<T>(gate, verb, options, (call, outcome) => settleWith(outcome, work(call)));
}

/** As {@link runVerb}, for work that tells its outcome. */
export function settleVerb<T>(
  gate: Gate,
  verb: string,
  options: CallOptions | undefined,
  work: (call: TimedCall, outcome: Settler<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const running = new Running<T>(gate, `core.${verb}`, resolve, reject);
    try {
      work(running.begin(options), running);
    } catch (error) {
      running.reject(error);
    }
  });
}

/** A verb under way. Of many that wait at once, what each of these keeps is a part that counts. */
export class Running<T> implements Settler<T> {
  readonly #gate: Gate;
  readonly #source: string;
  readonly #resolve: (result: T) => void;
  readonly #reject: (error: unknown) => void;
  #isInside = false;
  #call: DisposableCall | undefined;

  constructor(gate: Gate, source: string, resolve: (result: T) => void, reject: (error: unknown) => void) {
    this.#gate = gate;
    this.#source = source;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @throws CLOSED, INVALID_ARGUMENT, ABORTED */
  begin(options: CallOptions | undefined): TimedCall {
    this.#gate.enter(this.#source);
    this.#isInside = true;
    const call = linkCall(checkCallOptions(options, this.#source), this.#gate.timeoutMs, this.#source);
    this.#call = call;
    throwIfAborted(call, this.#source);
    return call;
  }

  resolve(result: T): void {
    this.#leave();
    this.#resolve(result);
  }

  reject(error: unknown): void {
    this.#leave();
    this.#reject(codedError(error, this.#source));
  }

  #leave(): void {
    this.#call?.[Symbol.dispose]();
    if (this.#isInside) this.#gate.leave();
    this.#isInside = false;
  }
}

/** The signal and deadline among a verb's options. @throws INVALID_ARGUMENT */
function checkCallOptions(options: CallOptions | undefined, source: string): CallOptions {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw invalidArgument(source, "options must be an object");
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument(source, "signal must be an AbortSignal");
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw invalidArgument(source, `timeoutMs must be a number above 0 and at most ${MAX_TIMEOUT_MS}`);
  }
  return options;
}

/** Whether a timer can wait that long; `setTimeout` takes anything longer for 1 ms. */
export function isTimeout(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= MAX_TIMEOUT_MS;
}

/** Only `MusterError` leaves: what a backend or a bug threw otherwise becomes `INTERNAL`, of which nothing more is known. */
export function codedError(error: unknown, source: string): MusterError {
  if (isMusterError(error)) return error;
  const message = error instanceof Error ? error.message : "something that is no error was thrown";
  return new MusterError({ code: "INTERNAL", source, message, mayHaveApplied: true, cause: error });
}

export function invalidArgument(source: string, message: string, subject?: string): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source, subject, message });
}

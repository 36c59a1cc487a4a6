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
  const source = `core.${verb}`;
  // Neither async nor `using`: of many calls that wait at once, what each of these keeps is a part that counts.
  let call: DisposableCall | undefined;
  try {
    gate.enter(source);
  } catch (error) {
    return Promise.reject(codedError(error, source));
  }
  try {
    const own = linkCall(checkCallOptions(options, source), gate.timeoutMs, source);
    call = own;
    throwIfAborted(own, source);
    return work(own).then(
      (result) => {
        leave(gate, own);
        return result;
      },
      (error: unknown) => {
        leave(gate, own);
        throw codedError(error, source);
      },
    );
  } catch (error) {
    leave(gate, call);
    return Promise.reject(codedError(error, source));
  }
}

function leave(gate: Gate, call: DisposableCall | undefined): void {
  call?.[Symbol.dispose]();
  gate.leave();
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

/** What a process that may die and the one that watches it say to each other. */

import {
  type BatchFailure,
  type ErrorCode,
  isMusterError,
  MusterError,
  type MusterErrorInit,
} from "@muster/core/slots";

/** What calls are made on: one of the clients, or an inbox, a scan or a transaction that the watcher has numbered. */
export type Target = "registry" | "messaging" | "durability" | "outbox" | number;

/** Said to the process. All that is said in one turn travels together, and `die` is obeyed before the rest. */
export type Order =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly target: Target;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Why its call had ended before it began. */
      readonly ended?: WireError;
    }
  | { readonly kind: "give up"; readonly id: number; readonly reason: WireError }
  | { readonly kind: "die"; readonly turn: number };

/** Said by the process. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: WireError }
  | { readonly kind: "route"; readonly inbox: number; readonly state: "up" | "down" };

/** An error with all that structured cloning would take from it. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: WireError;
  readonly coded?: Omit<MusterErrorInit<ErrorCode>, "message" | "cause">;
}

export interface WireFailure {
  readonly index: number;
  readonly error: WireError;
}

export function errorOnWire(thrown: unknown): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  const plain = { name, message, stack, ...(cause !== undefined && { cause: errorOnWire(cause) }) };
  if (!isMusterError(thrown)) return plain;
  const { code, source, subject, detail, mayHaveApplied } = thrown;
  const coded = { code, source, subject, detail, mayHaveApplied };
  return { ...plain, message: message.slice(recoded({ ...coded, message: "" }).message.length), coded };
}

/** The same error again: coded where it was. */
export function errorOffWire({ name, message, stack, cause, coded }: WireError): Error {
  const why = cause && errorOffWire(cause);
  const error = coded ? recoded({ ...coded, message, cause: why }) : new Error(message, why && { cause: why });
  if (coded === undefined) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Code and detail belong together, since they come from one error. */
function recoded(init: MusterErrorInit<ErrorCode>): MusterError {
  return new MusterError(init as MusterErrorInit<ErrorCode> & { readonly detail: undefined });
}

export function failuresOnWire(failures: readonly BatchFailure[]): readonly WireFailure[] {
  return failures.map(({ index, error }) => ({ index, error: errorOnWire(error) }));
}

export function failuresOffWire(failures: readonly WireFailure[]): readonly BatchFailure[] {
  return failures.map(({ index, error }) => ({ index, error: errorOffWire(error) as MusterError })); // Failures are coded.
}

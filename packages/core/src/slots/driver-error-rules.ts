/** Errors of a driver in Muster's codes by a table of rules, for backends whose calls themselves know what may have been applied. */

import { type DriverErrorCode, driverError, isSocketError, wordsOf } from "./driver-errors.ts";
import { isMusterError, MusterError } from "./errors.ts";

/** What has to be true of an error, all of it, and what it then means. */
export interface DriverErrorRule {
  /** The error's class by its name, or its `code`: a reply code of the protocol, text from Node. */
  readonly name?: number | string | RegExp;
  /** What its message says. */
  readonly says?: RegExp;
  readonly code: DriverErrorCode;
  readonly message: string;
  /** With CONFIG_INVALID, the option that it is about. Default `""`, the whole. */
  readonly path?: string;
}

/** Under which circumstances something was thrown. */
export interface Circumstances {
  /** `open`, `publishMany`, … */
  readonly operation: string;
  /** An address, where it is about one. */
  readonly subject?: string;
  /** The call may have taken effect although it failed. Default false. */
  readonly mayHaveApplied?: boolean;
}

/** How a backend makes its coded errors; their source is its name and the operation. */
export interface DriverErrors {
  /** The coded error for whatever was thrown; one that is coded already stays as it is. */
  codedError(this: void, cause: unknown, about: Circumstances): MusterError;
  unavailable(this: void, message: string, about: Circumstances, cause?: unknown): MusterError<"UNAVAILABLE">;
  invalid(this: void, message: string, about: Circumstances): MusterError<"INVALID_ARGUMENT">;
}

const TLS_FAILED: DriverErrorRule = {
  name: /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/,
  code: "CONFIG_INVALID",
  message: "no TLS with this server",
  path: "tls",
};

/**
 * The errors of one backend.
 *
 * @param rules the first that fits counts; behind them stand what Node says of sockets and of TLS, and INTERNAL.
 */
export function driverErrors(backend: string, rules: readonly DriverErrorRule[]): DriverErrors {
  const sourceOf = (operation: string): string => `${backend}.${operation}`;
  return {
    codedError(cause, { operation, subject, mayHaveApplied = false }) {
      if (isMusterError(cause)) return cause;
      const meaning = { ...meaningOf(cause, rules), mayHaveApplied };
      return driverError(meaning, { source: sourceOf(operation), subject, text: wordsOf(cause), cause });
    },
    unavailable(message, { operation, subject, mayHaveApplied = false }, cause) {
      const source = sourceOf(operation);
      return new MusterError({ code: "UNAVAILABLE", source, subject, message, mayHaveApplied, cause });
    },
    invalid(message, { operation, subject }) {
      return new MusterError({ code: "INVALID_ARGUMENT", source: sourceOf(operation), subject, message });
    },
  };
}

function meaningOf(
  cause: unknown,
  rules: readonly DriverErrorRule[],
): Pick<DriverErrorRule, "code" | "message" | "path"> {
  const labels = labelsOf(cause);
  const text = wordsOf(cause);
  const fits = ({ name, says }: DriverErrorRule): boolean =>
    (name === undefined || labels.some((label) => matches(name, label))) && (says === undefined || says.test(text));
  const rule = rules.find(fits);
  if (rule !== undefined) return rule;
  if (isSocketError(cause)) return { code: "UNAVAILABLE", message: "the server could not be reached" };
  if (fits(TLS_FAILED)) return TLS_FAILED;
  return { code: "INTERNAL", message: "an unexpected error of the driver" };
}

function matches(wanted: number | string | RegExp, label: string): boolean {
  return wanted instanceof RegExp ? wanted.test(label) : String(wanted) === label;
}

/** A driver's class may be there twice, so its name counts. */
function labelsOf(cause: unknown): readonly string[] {
  if (!(cause instanceof Error)) return [];
  return "code" in cause ? [cause.name, String(cause.code)] : [cause.name];
}

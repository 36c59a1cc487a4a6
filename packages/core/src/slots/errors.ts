/** The one error class that leaves any package of Muster. */

import { type ErrorCode, type ErrorDetail, RETRYABLE } from "./codes.ts";

const BRAND = Symbol.for("muster.error");

export interface MusterErrorInit<Code extends ErrorCode> {
  readonly code: Code;
  /** `backend.operation` or `core.operation`, such as `redis.setMany`. */
  readonly source: string;
  /** What it was about: an identity, an address, a namespace. */
  readonly subject?: string | undefined;
  /** What happened and, for a caller's mistake, what to do instead. */
  readonly message: string;
  readonly detail: ErrorDetail<Code>;
  /** The call may have taken effect although it failed. Default false. */
  readonly mayHaveApplied?: boolean;
  readonly cause?: unknown;
}

type InitWithoutDetail<Code extends ErrorCode> = Omit<MusterErrorInit<Code>, "detail">;
type Init<Code extends ErrorCode> =
  undefined extends ErrorDetail<Code>
    ? InitWithoutDetail<Code> & { readonly detail?: undefined }
    : MusterErrorInit<Code>;

/**
 * A coded error. Branch on `code`; `message` is `[CODE] source "subject": what happened`.
 *
 * Recognise one with {@link isMusterError}, not with `instanceof`: two copies of the package may be installed.
 */
export class MusterError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly detail: ErrorDetail<Code>;
  /** The same call may succeed when repeated unchanged. */
  readonly retryable: boolean;
  /** The call may have taken effect although it failed. */
  readonly mayHaveApplied: boolean;
  readonly source: string;
  readonly subject: string | undefined;

  constructor(init: Init<Code>) {
    const subject = init.subject === undefined ? "" : ` ${JSON.stringify(init.subject)}`;
    super(
      `[${init.code}] ${init.source}${subject}: ${init.message}`,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.name = "MusterError";
    this.code = init.code;
    this.detail = init.detail as ErrorDetail<Code>; // Init<Code> requires it exactly where ErrorDetail<Code> has one.
    this.retryable = RETRYABLE[init.code];
    this.mayHaveApplied = init.mayHaveApplied ?? false;
    this.source = init.source;
    this.subject = init.subject;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether `value` is a {@link MusterError} of any installed copy, and of `code` where one is given. */
export function isMusterError<Code extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: Code,
): value is MusterError<Code> {
  if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
  return code === undefined || ("code" in value && value.code === code);
}

/** Errors on their way out of the thread. */

import { isMusterError } from "@muster/core/slots";
import { rawCodeOf } from "../errors.ts";
import type { Failure } from "./messages.ts";

export function failureOf(error: unknown, mayHaveApplied: boolean): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!isMusterError(error)) return { message, stack, rawCode: rawCodeOf(error), coded: undefined, mayHaveApplied };
  const { code, source, subject, detail } = error;
  const prefix = `[${code}] ${source}${subject === undefined ? "" : ` ${JSON.stringify(subject)}`}: `;
  const coded = { code, source, subject, detail, message: message.slice(prefix.length), mayHaveApplied };
  return { message, stack, rawCode: undefined, coded, mayHaveApplied };
}

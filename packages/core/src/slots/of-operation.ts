import { MusterError } from "./errors.ts";

/**
 * What has failed is a step of an operation, which others may have gone before, or which it has waited for with others: the error
 * says so.
 *
 * @param source of the operation.
 * @param hasSent whether a step before it may have been applied.
 */
export function ofOperation(error: MusterError, source: string, hasSent = false): MusterError {
  if (error.code !== "UNAVAILABLE" && error.code !== "TIMEOUT") return error;
  const mayHaveApplied = error.mayHaveApplied || hasSent;
  if (error.source === source && error.mayHaveApplied === mayHaveApplied) return error;
  const { code, subject } = error;
  const message = error.message.replace(/^\[\w+\] \S+ /, "");
  return new MusterError({ code, source, subject, message, mayHaveApplied, cause: error });
}

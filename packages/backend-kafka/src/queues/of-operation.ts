import { MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** What has failed is a step of it. */
export function ofOperation(error: MusterError, operation: string): MusterError {
  const source = `${NAME}.${operation}`;
  if (error.source === source || (error.code !== "UNAVAILABLE" && error.code !== "TIMEOUT")) return error;
  const { code, subject, mayHaveApplied } = error;
  const message = error.message.replace(/^\[\w+\] \S+ /, "");
  return new MusterError({ code, source, subject, message, mayHaveApplied, cause: error });
}

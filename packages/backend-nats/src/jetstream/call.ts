import { MusterError, OperationCall } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** A call as its requests know it. */
export class QueueCall extends OperationCall {
  /** Something that changes what is stored may have left. */
  hasSent = false;
}

/** What has failed is a step of it, which others may have gone before, or which it has waited for with others. */
export function ofOperation(error: MusterError, { operation, hasSent }: QueueCall): MusterError {
  const source = `${NAME}.${operation}`;
  if (error.code !== "UNAVAILABLE" && error.code !== "TIMEOUT") return error;
  if (error.source === source && error.mayHaveApplied === (error.mayHaveApplied || hasSent)) return error;
  const { code, subject } = error;
  const message = error.message.replace(/^\[\w+\] \S+ /, "");
  return new MusterError({
    code,
    source,
    subject,
    message,
    mayHaveApplied: error.mayHaveApplied || hasSent,
    cause: error,
  });
}

/** A coded error for what a driver, its server or the network has said. Which words mean what stands in the table of each backend. */

import type { ErrorCode } from "./codes.ts";
import { MusterError } from "./errors.ts";

/** What can be the matter with a server, the way to it, or what it was asked. */
export type DriverErrorCode = Extract<
  ErrorCode,
  | "UNAVAILABLE"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "TIMEOUT"
  | "RATE_LIMITED"
  | "UNSUPPORTED"
  | "CONFIG_INVALID"
  | "INVALID_ARGUMENT"
  | "INTERNAL"
>;

/** What one answer, or the want of one, means. */
export interface DriverErrorMeaning {
  readonly code: DriverErrorCode;
  readonly message: string;
  /** The call may have taken effect although it failed. */
  readonly mayHaveApplied: boolean;
  /** With CONFIG_INVALID, the option that it is about. Default `""`, the whole. */
  readonly path?: string | undefined;
  /** With UNSUPPORTED, what is not supported. Default the words of the error. */
  readonly feature?: string;
}

/** The meaning of an error after which nothing has been applied. */
export function refused(code: DriverErrorCode, message: string): DriverErrorMeaning {
  return { code, message, mayHaveApplied: false };
}

/** The meaning of an error after which nobody knows whether it has been applied. */
export function unanswered(message: string, code: DriverErrorCode = "UNAVAILABLE"): DriverErrorMeaning {
  return { code, message, mayHaveApplied: true };
}

/** What was thrown, and where. */
export interface Thrown {
  /** `backend.operation`, such as `redis.setMany`. */
  readonly source: string;
  readonly subject?: string | undefined;
  /** The words of the driver or the server. */
  readonly text: string;
  readonly cause: unknown;
}

/** The coded error: its message is what it means, with the words behind it. */
export function driverError(meaning: DriverErrorMeaning, { source, subject, text, cause }: Thrown): MusterError {
  const { code, message, mayHaveApplied, path = "", feature = text } = meaning;
  const common = { source, subject, message: `${message} (${text})`, mayHaveApplied, cause };
  if (code === "CONFIG_INVALID") {
    return new MusterError({ code, ...common, detail: { violations: [{ path, message: text }] } });
  }
  if (code === "UNSUPPORTED") return new MusterError({ code, ...common, detail: { feature } });
  return new MusterError({ code, ...common });
}

/** The words of what was thrown. */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // A name that leads to several addresses fails with an error that has no words of its own.
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(wordsOf).join("; ");
  return thrown.message || thrown.name;
}

/** `code` of Node's errors of sockets and name servers. */
const SOCKETS: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ENOTCONN", "EPIPE", "ETIMEDOUT", "ENOENT", "EACCES"],
  ...["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"],
  ...["EMFILE", "ENFILE", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END", "ERR_SOCKET_CLOSED"],
]);

const BEFORE_SENDING: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

/** Whether it is Node that says so, of a socket or a name server. */
export function isSocketError(error: unknown): boolean {
  return error instanceof Error && "code" in error && SOCKETS.has(error.code);
}

/** What an error of a socket means, by what was being done: while connecting nothing can have left. `undefined` for other errors. */
export function socketMeaning(error: unknown): DriverErrorMeaning | undefined {
  if (!isSocketError(error)) return undefined;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const syscall = first instanceof Error && "syscall" in first ? first.syscall : undefined;
  if (BEFORE_SENDING.has(syscall)) return refused("UNAVAILABLE", "the server can't be reached");
  return unanswered("the connection was lost");
}

/** What the driver, the server and the network say, in Muster's codes. */

import { isMusterError, MusterError } from "@muster/core/slots";

/** As it stands in the source of errors. */
export const NAME = "rabbitmq";

type Code = "UNAVAILABLE" | "UNAUTHENTICATED" | "PERMISSION_DENIED" | "CONFIG_INVALID" | "INTERNAL";

interface Rule {
  /** The reply code of the protocol, the error's class, or its code from Node. */
  readonly name?: number | string | RegExp;
  /** What its message says, where that matters. */
  readonly says?: RegExp;
  readonly code: Code;
  readonly message: string;
  /** The option that it is about, where it is about one. */
  readonly path?: string;
}

/** The first that fits; INTERNAL where none does. */
const RULES: readonly Rule[] = [
  {
    says: /(?:handshake terminated|connection closed)[^]*403[^]*(?:login was refused|access.refused)/i,
    code: "UNAUTHENTICATED",
    message: "the server does not accept the credentials",
  },
  { says: /SASL mechanism/, code: "UNAUTHENTICATED", message: "the server knows no such login" },
  {
    // The driver does not tell what the server has said.
    says: /Expected ConnectionOpenOk/,
    code: "CONFIG_INVALID",
    message: "the server has no such vhost, or lets nobody, or not this user, into it",
    path: "vhost",
  },
  {
    says: /(?:frame size|invalid frame|unknown frame|frame on channel|expected connection)/i,
    code: "UNAVAILABLE",
    message: "what answers is no RabbitMQ",
  },
  { name: 403, code: "PERMISSION_DENIED", message: "the server does not permit this" },
  {
    name: 406,
    says: /inequivalent arg/i,
    code: "CONFIG_INVALID",
    message: "something else has this name",
    path: "prefix",
  },
  { name: 404, code: "UNAVAILABLE", message: "it is gone from the server" },
  { name: 405, code: "UNAVAILABLE", message: "the server keeps it for another connection" },
  { name: 320, code: "UNAVAILABLE", message: "the server closed the connection" },
  { name: 541, code: "UNAVAILABLE", message: "the server failed" },
  {
    says: /handshake terminated|socket closed abruptly/i,
    code: "UNAVAILABLE",
    message: "the server did not let the client in",
  },
  { says: /connect ETIMEDOUT/, code: "UNAVAILABLE", message: "the server did not let the client in, in time" },
  { says: /heartbeat timeout/i, code: "UNAVAILABLE", message: "the server has fallen silent" },
  { says: /unexpected close|connection clos/i, code: "UNAVAILABLE", message: "the connection was lost" },
  { name: "IllegalOperationError", code: "UNAVAILABLE", message: "the connection was lost" },
  { says: /channel (?:closed|ended)/i, code: "UNAVAILABLE", message: "the channel was lost" },
  {
    name: /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/,
    code: "UNAVAILABLE",
    message: "the server could not be reached",
  },
  {
    name: /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/,
    code: "CONFIG_INVALID",
    message: "no TLS with this server",
    path: "tls",
  },
];

export interface Circumstances {
  /** `open`, `publishMany`, … */
  readonly operation: string;
  /** An address, where it is about one. */
  readonly subject?: string;
  readonly mayHaveApplied?: boolean;
}

/** The coded error for whatever was thrown; one that is coded already stays as it is. */
export function codedError(cause: unknown, { operation, subject, mayHaveApplied = false }: Circumstances): MusterError {
  if (isMusterError(cause)) return cause;
  const { labels, text } = described(cause);
  const rule = RULES.find(
    ({ name, says }) =>
      (name === undefined || labels.some((label) => matches(name, label))) && (says === undefined || says.test(text)),
  );
  const init = {
    source: `${NAME}.${operation}`,
    subject,
    message: `${rule?.message ?? "an unexpected error of the driver"}: ${text}`,
    mayHaveApplied,
    cause,
  };
  if (rule?.code !== "CONFIG_INVALID") return new MusterError({ code: rule?.code ?? "INTERNAL", ...init });
  return new MusterError({
    code: rule.code,
    ...init,
    detail: { violations: [{ path: rule.path ?? "", message: text }] },
  });
}

export function unavailable(message: string, about: Circumstances, cause?: unknown): MusterError<"UNAVAILABLE"> {
  const { operation, subject, mayHaveApplied = false } = about;
  const source = `${NAME}.${operation}`;
  return new MusterError({ code: "UNAVAILABLE", source, subject, message, mayHaveApplied, cause });
}

export function invalid(message: string, { operation, subject }: Circumstances): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}

/** The server has returned the message. */
export function noRoute(address: string): MusterError<"NO_ROUTE"> {
  const message = "no inbox listens on this address";
  return new MusterError({ code: "NO_ROUTE", source: `${NAME}.publishMany`, subject: address, message });
}

/** The server has refused the message after it took it: the queue of a receiver is full, or has failed. */
export function refused(address: string): MusterError<"RATE_LIMITED"> {
  const message = "the receiver's queue takes no more";
  const source = `${NAME}.publishMany`;
  return new MusterError({ code: "RATE_LIMITED", source, subject: address, message, mayHaveApplied: true });
}

function matches(wanted: number | string | RegExp, label: string): boolean {
  return wanted instanceof RegExp ? wanted.test(label) : String(wanted) === label;
}

/** A driver's class may be there twice, so its name counts. */
function described(cause: unknown): { readonly labels: readonly string[]; readonly text: string } {
  if (!(cause instanceof Error)) return { labels: [], text: String(cause) };
  const { code } = cause as { code?: number | string }; // A reply code from the driver, text from Node.
  return { labels: [cause.name, String(code)], text: cause.message || cause.name };
}

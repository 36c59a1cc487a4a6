/** What the driver, the server and the network say, in Muster's codes. */

import { isMusterError, MusterError } from "@muster/core/slots";

/** As it stands in the source of errors. */
export const NAME = "nats";

type Code = "UNAVAILABLE" | "UNAUTHENTICATED" | "PERMISSION_DENIED" | "CONFIG_INVALID" | "INTERNAL";

interface Rule {
  /** The error's class or, from Node, its code. */
  readonly name: string | RegExp;
  /** What its message says, where that matters. */
  readonly says?: RegExp;
  readonly code: Code;
  readonly message: string;
}

/** The first that fits; INTERNAL where none does. */
const RULES: readonly Rule[] = [
  { name: "UserAuthenticationExpiredError", code: "UNAUTHENTICATED", message: "the credentials have expired" },
  { name: "AuthorizationError", code: "UNAUTHENTICATED", message: "the server does not accept the credentials" },
  { name: "PermissionViolationError", code: "PERMISSION_DENIED", message: "the server does not permit this subject" },
  {
    name: "ProtocolError",
    says: /maximum subscriptions exceeded/i,
    code: "PERMISSION_DENIED",
    message: "the server permits no more subscriptions",
  },
  { name: "ProtocolError", says: /tls required/i, code: "CONFIG_INVALID", message: "the server requires TLS" },
  {
    name: "ConnectionError",
    says: /does not support 'tls'/i,
    code: "CONFIG_INVALID",
    message: "the server does not offer TLS",
  },
  { name: "ClosedConnectionError", code: "UNAVAILABLE", message: "the connection has been closed for good" },
  { name: "DrainingConnectionError", code: "UNAVAILABLE", message: "the connection is being drained" },
  { name: "ConnectionError", code: "UNAVAILABLE", message: "the server could not be reached" },
  { name: "TimeoutError", code: "UNAVAILABLE", message: "the server did not let the client in, in time" },
  { name: "RequestError", code: "UNAVAILABLE", message: "the connection was lost" },
  { name: "ProtocolError", code: "UNAVAILABLE", message: "the server ended the connection" },
  {
    name: /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/,
    code: "UNAVAILABLE",
    message: "the server could not be reached",
  },
  {
    name: /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/,
    code: "CONFIG_INVALID",
    message: "no TLS with this server",
  },
  { name: "InvalidArgumentError", code: "CONFIG_INVALID", message: "the driver refuses an option" },
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
  const { name, code, text } = described(cause);
  const rule = RULES.find(
    (one) => [name, code].some((label) => matches(one.name, label)) && (one.says?.test(text) ?? true),
  );
  const init = {
    source: `${NAME}.${operation}`,
    subject,
    message: `${rule?.message ?? "an unexpected error of the driver"}: ${text}`,
    mayHaveApplied,
    cause,
  };
  if (rule?.code !== "CONFIG_INVALID") return new MusterError({ code: rule?.code ?? "INTERNAL", ...init });
  const violations = [{ path: rule.message.includes("TLS") ? "tls" : "", message: text }];
  return new MusterError({ code: rule.code, ...init, detail: { violations } });
}

/** The same error, as one of this operation: what several wait for fails for all of them at once. */
export function retold(error: unknown, { operation, mayHaveApplied = false }: Circumstances): MusterError {
  const coded = codedError(error, { operation, mayHaveApplied });
  const source = `${NAME}.${operation}`;
  if (coded.source === source && (coded.mayHaveApplied || !mayHaveApplied)) return coded;
  if (!isMusterError(coded, "UNAVAILABLE")) return coded;
  const message = "the stream could not be asked";
  return unavailable(message, { operation, mayHaveApplied: coded.mayHaveApplied || mayHaveApplied }, coded);
}

export function unavailable(message: string, about: Circumstances, cause?: unknown): MusterError<"UNAVAILABLE"> {
  const { operation, subject, mayHaveApplied = false } = about;
  return new MusterError({
    code: "UNAVAILABLE",
    source: `${NAME}.${operation}`,
    subject,
    message,
    mayHaveApplied,
    cause,
  });
}

export function invalid(message: string, { operation, subject }: Circumstances): MusterError<"INVALID_ARGUMENT"> {
  return new MusterError({ code: "INVALID_ARGUMENT", source: `${NAME}.${operation}`, subject, message });
}

/** `bytes` of which at most `maxBytes` are taken. */
export function tooLarge(bytes: number, maxBytes: number, what: string, subject: string): MusterError {
  return new MusterError({
    code: "PAYLOAD_TOO_LARGE",
    source: `${NAME}.publishMany`,
    subject,
    message: `${what} at most ${maxBytes} bytes, not ${bytes}`,
    detail: { bytes, maxBytes },
  });
}

function matches(wanted: string | RegExp, label: string): boolean {
  return typeof wanted === "string" ? wanted === label : wanted.test(label);
}

/** A driver's class may be there twice, so its name counts. */
function described(cause: unknown): { readonly name: string; readonly code: string; readonly text: string } {
  if (!(cause instanceof Error)) return { name: "", code: "", text: String(cause) };
  const { code } = cause as { code?: unknown }; // Node's errors have one.
  return { name: cause.name, code: typeof code === "string" ? code : "", text: cause.message || cause.name };
}

/** What the driver, the server and the network say, in Muster's codes. */

import {
  type Circumstances,
  type DriverErrorRule,
  type DriverErrors,
  driverErrors,
  isMusterError,
  MusterError,
} from "@muster/core/slots";

/** As it stands in the source of errors. */
export const NAME = "nats";

const RULES: readonly DriverErrorRule[] = [
  { name: "UserAuthenticationExpiredError", code: "UNAUTHENTICATED", message: "the credentials have expired" },
  { name: "AuthorizationError", code: "UNAUTHENTICATED", message: "the server does not accept the credentials" },
  { name: "PermissionViolationError", code: "PERMISSION_DENIED", message: "the server does not permit this subject" },
  {
    name: "ProtocolError",
    says: /maximum subscriptions exceeded/i,
    code: "PERMISSION_DENIED",
    message: "the server permits no more subscriptions",
  },
  {
    name: "ProtocolError",
    says: /tls required/i,
    code: "CONFIG_INVALID",
    message: "the server requires TLS",
    path: "tls",
  },
  {
    name: "ConnectionError",
    says: /does not support 'tls'/i,
    code: "CONFIG_INVALID",
    message: "the server does not offer TLS",
    path: "tls",
  },
  { name: "ClosedConnectionError", code: "UNAVAILABLE", message: "the connection has been closed for good" },
  { name: "DrainingConnectionError", code: "UNAVAILABLE", message: "the connection is being drained" },
  { name: "ConnectionError", code: "UNAVAILABLE", message: "the server could not be reached" },
  { name: "TimeoutError", code: "UNAVAILABLE", message: "the server did not let the client in, in time" },
  { name: "RequestError", code: "UNAVAILABLE", message: "the connection was lost" },
  { name: "ProtocolError", code: "UNAVAILABLE", message: "the server ended the connection" },
  { name: "InvalidArgumentError", code: "CONFIG_INVALID", message: "the driver refuses an option" },
];

const errors = driverErrors(NAME, RULES);

export const codedError: DriverErrors["codedError"] = errors.codedError;
export const unavailable: DriverErrors["unavailable"] = errors.unavailable;
export const invalid: DriverErrors["invalid"] = errors.invalid;

/** The same error, as one of this operation: what several wait for fails for all of them at once. */
export function retold(error: unknown, { operation, mayHaveApplied = false }: Circumstances): MusterError {
  const coded = codedError(error, { operation, mayHaveApplied });
  const source = `${NAME}.${operation}`;
  if (coded.source === source && (coded.mayHaveApplied || !mayHaveApplied)) return coded;
  if (!isMusterError(coded, "UNAVAILABLE")) return coded;
  const message = "the stream could not be asked";
  return unavailable(message, { operation, mayHaveApplied: coded.mayHaveApplied || mayHaveApplied }, coded);
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

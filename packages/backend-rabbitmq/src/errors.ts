/** What the driver, the server and the network say, in Muster's codes. */

import { type DriverErrorRule, type DriverErrors, driverErrors, MusterError } from "@muster/core/slots";

/** As it stands in the source of errors. */
export const NAME = "rabbitmq";

const RULES: readonly DriverErrorRule[] = [
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
];

const errors = driverErrors(NAME, RULES);

export const codedError: DriverErrors["codedError"] = errors.codedError;
export const unavailable: DriverErrors["unavailable"] = errors.unavailable;
export const invalid: DriverErrors["invalid"] = errors.invalid;

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

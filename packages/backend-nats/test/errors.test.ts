import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  InvalidArgumentError,
  InvalidSubjectError,
  PermissionViolationError,
  ProtocolError,
  RequestError,
  TimeoutError,
  UserAuthenticationExpiredError,
} from "@nats-io/transport-node";
import type { ErrorCode } from "@muster/core/slots";
import { assert, test } from "vitest";
import { codedError, tooLarge } from "../src/errors.ts";

function nodeError(code: string): Error {
  return Object.assign(new Error(`${code} of a socket`), { code });
}

const CODES: readonly (readonly [cause: unknown, code: ErrorCode])[] = [
  [new AuthorizationError("Authorization Violation"), "UNAUTHENTICATED"],
  [new UserAuthenticationExpiredError("User Authentication Expired"), "UNAUTHENTICATED"],
  [new PermissionViolationError("Permissions Violation", "publish", "a"), "PERMISSION_DENIED"],
  [new ProtocolError("maximum subscriptions exceeded"), "PERMISSION_DENIED"],
  [new ProtocolError("Secure Connection - TLS Required"), "CONFIG_INVALID"],
  [new ConnectionError("server does not support 'tls'"), "CONFIG_INVALID"],
  [new InvalidArgumentError("'port' is not a number"), "CONFIG_INVALID"],
  [nodeError("CERT_HAS_EXPIRED"), "CONFIG_INVALID"],
  [new ConnectionError("connection refused"), "UNAVAILABLE"],
  [new ClosedConnectionError(), "UNAVAILABLE"],
  [new DrainingConnectionError(), "UNAVAILABLE"],
  [new TimeoutError(), "UNAVAILABLE"],
  [new RequestError("connection disconnected"), "UNAVAILABLE"],
  [new ProtocolError("maximum connections exceeded"), "UNAVAILABLE"],
  [new ProtocolError("Stale Connection"), "UNAVAILABLE"],
  [nodeError("ECONNRESET"), "UNAVAILABLE"],
  [new InvalidSubjectError("a b"), "INTERNAL"],
];

test.for(CODES.map(([cause, code]) => ({ cause, code, name: String(cause) })))("$name is $code", ({ cause, code }) => {
  assert.equal(codedError(cause, { operation: "publishMany" }).code, code);
});

test.for([
  new ProtocolError("Secure Connection - TLS Required"),
  new ConnectionError("server does not support 'tls'"),
  nodeError("CERT_HAS_EXPIRED"),
])("%s is about the option tls", (cause) => {
  const error = codedError(cause, { operation: "open" });
  assert.deepEqual(error.detail, { violations: [{ path: "tls", message: cause.message }] });
});

test("what is too large is told with both sizes", () => {
  assert.deepEqual(tooLarge(9, 8, "a body has", "a").detail, { bytes: 9, maxBytes: 8 });
});

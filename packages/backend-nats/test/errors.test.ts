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
import { type ErrorCode, isMusterError, MusterError } from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { codedError, invalid, tooLarge, unavailable } from "../src/errors.ts";

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
  [nodeError("ERR_TLS_CERT_ALTNAME_INVALID"), "CONFIG_INVALID"],
  [nodeError("DEPTH_ZERO_SELF_SIGNED_CERT"), "CONFIG_INVALID"],
  [nodeError("SELF_SIGNED_CERT_IN_CHAIN"), "CONFIG_INVALID"],
  [nodeError("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "CONFIG_INVALID"],
  [nodeError("CERT_HAS_EXPIRED"), "CONFIG_INVALID"],
  [new ConnectionError("connection refused"), "UNAVAILABLE"],
  [new ClosedConnectionError(), "UNAVAILABLE"],
  [new DrainingConnectionError(), "UNAVAILABLE"],
  [new TimeoutError(), "UNAVAILABLE"],
  [new RequestError("connection disconnected"), "UNAVAILABLE"],
  [new ProtocolError("maximum connections exceeded"), "UNAVAILABLE"],
  [new ProtocolError("Stale Connection"), "UNAVAILABLE"],
  [nodeError("ECONNREFUSED"), "UNAVAILABLE"],
  [nodeError("ECONNRESET"), "UNAVAILABLE"],
  [nodeError("EPIPE"), "UNAVAILABLE"],
  [nodeError("ENOTFOUND"), "UNAVAILABLE"],
  [nodeError("ETIMEDOUT"), "UNAVAILABLE"],
  [new InvalidSubjectError("a b"), "INTERNAL"],
  [new TypeError("undefined is not a function"), "INTERNAL"],
  ["thrown text", "INTERNAL"],
  [undefined, "INTERNAL"],
];

describe("what is thrown becomes a coded error", () => {
  test.for(CODES.map(([cause, code]) => ({ cause, code, name: String(cause) })))(
    "$name is $code",
    ({ cause, code }) => {
      const error = codedError(cause, { operation: "publishMany", subject: "sensor-7", mayHaveApplied: true });
      assert.equal(error.code, code);
      assert.equal(error.source, "nats.publishMany");
      assert.equal(error.subject, "sensor-7");
      assert.isTrue(error.mayHaveApplied);
      assert.strictEqual(error.cause, cause);
    },
  );

  test("the driver's classes are known by name: there may be two copies of them", () => {
    class Copy extends Error {
      override readonly name = "AuthorizationError";
    }
    assert.equal(codedError(new Copy("no"), { operation: "open" }).code, "UNAUTHENTICATED");
  });

  test("a coded error stays as it is", () => {
    const error = new MusterError({ code: "RATE_LIMITED", source: "elsewhere", message: "slowly" });
    assert.strictEqual(codedError(error, { operation: "open" }), error);
  });

  test("nothing has been applied unless the circumstances say so", () => {
    assert.isFalse(codedError(new TimeoutError(), { operation: "open" }).mayHaveApplied);
  });

  test("what is wrong with TLS is said of the option", () => {
    const error = codedError(nodeError("CERT_HAS_EXPIRED"), { operation: "open" });
    assert.isTrue(isMusterError(error, "CONFIG_INVALID"));
    assert.deepEqual(error.detail, { violations: [{ path: "tls", message: "CERT_HAS_EXPIRED of a socket" }] });
  });
});

test("errors of its own name the operation and the address", () => {
  expect(unavailable("gone", { operation: "addMany" }).message).toBe("[UNAVAILABLE] nats.addMany: gone");
  expect(invalid("no", { operation: "addMany", subject: "a" }).message).toBe('[INVALID_ARGUMENT] nats.addMany "a": no');
  assert.deepEqual(tooLarge(9, 8, "a body has", "a").detail, { bytes: 9, maxBytes: 8 });
});

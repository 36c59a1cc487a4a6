import { IllegalOperationError } from "amqplib";
import { type ErrorCode, isMusterError, MusterError } from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { codedError, invalid, noRoute, refused, unavailable } from "../src/errors.ts";

function coded(message: string, code: number | string): Error {
  return Object.assign(new Error(message), { code });
}

function nodeError(code: string): Error {
  return coded(`${code} of a socket`, code);
}

const CODES: readonly (readonly [cause: unknown, code: ErrorCode])[] = [
  [
    new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"'),
    "UNAUTHENTICATED",
  ],
  [new Error("SASL mechanism EXTERNAL is not provided by the server"), "UNAUTHENTICATED"],
  [new Error("Expected ConnectionOpenOk; got <ConnectionClose channel:0>"), "CONFIG_INVALID"],
  [new Error("Frame size 1342177289 exceeds maxFrameSize 67108864"), "UNAVAILABLE"],
  [new Error("Expected ConnectionStart; got <ConnectionTune channel:0>"), "UNAVAILABLE"],
  [coded('Channel closed by server: 403 (ACCESS-REFUSED) "write access to exchange"', 403), "PERMISSION_DENIED"],
  [coded("Channel closed by server: 406 (PRECONDITION-FAILED) inequivalent arg 'type'", 406), "CONFIG_INVALID"],
  [coded("Channel closed by server: 406 (PRECONDITION-FAILED) unknown delivery tag", 406), "UNAVAILABLE"],
  [coded("Channel closed by server: 404 (NOT-FOUND) no exchange", 404), "UNAVAILABLE"],
  [coded("Operation failed: QueueDeclare; 405 (RESOURCE-LOCKED)", 405), "UNAVAILABLE"],
  [coded('Connection closed: 320 (CONNECTION-FORCED) "broker forced connection closure"', 320), "UNAVAILABLE"],
  [coded("Connection closed: 541 (INTERNAL-ERROR)", 541), "UNAVAILABLE"],
  [new Error("Socket closed abruptly during opening handshake"), "UNAVAILABLE"],
  [new Error("connect ETIMEDOUT"), "UNAVAILABLE"],
  [new Error("Heartbeat timeout"), "UNAVAILABLE"],
  [new Error("Unexpected close"), "UNAVAILABLE"],
  [new Error("Channel ended, no reply will be forthcoming"), "UNAVAILABLE"],
  [new Error("channel closed"), "UNAVAILABLE"],
  [new IllegalOperationError("Channel closed"), "UNAVAILABLE"],
  [nodeError("ECONNREFUSED"), "UNAVAILABLE"],
  [nodeError("ECONNRESET"), "UNAVAILABLE"],
  [nodeError("EPIPE"), "UNAVAILABLE"],
  [nodeError("ENOTFOUND"), "UNAVAILABLE"],
  [nodeError("ETIMEDOUT"), "UNAVAILABLE"],
  [nodeError("ERR_TLS_CERT_ALTNAME_INVALID"), "CONFIG_INVALID"],
  [nodeError("DEPTH_ZERO_SELF_SIGNED_CERT"), "CONFIG_INVALID"],
  [nodeError("SELF_SIGNED_CERT_IN_CHAIN"), "CONFIG_INVALID"],
  [nodeError("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "CONFIG_INVALID"],
  [nodeError("CERT_HAS_EXPIRED"), "CONFIG_INVALID"],
  [nodeError("EPROTO"), "CONFIG_INVALID"],
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
      assert.equal(error.source, "rabbitmq.publishMany");
      assert.equal(error.subject, "sensor-7");
      assert.isTrue(error.mayHaveApplied);
      assert.strictEqual(error.cause, cause);
    },
  );

  test("the driver's classes are known by name: there may be two copies of them", () => {
    class Copy extends Error {
      override readonly name = "IllegalOperationError";
    }
    assert.equal(codedError(new Copy("no"), { operation: "open" }).code, "UNAVAILABLE");
  });

  test("a coded error stays as it is", () => {
    const error = new MusterError({ code: "RATE_LIMITED", source: "elsewhere", message: "slowly" });
    assert.strictEqual(codedError(error, { operation: "open" }), error);
  });

  test("nothing has been applied unless the circumstances say so", () => {
    assert.isFalse(codedError(new Error("Unexpected close"), { operation: "open" }).mayHaveApplied);
  });

  test("what is wrong with an option is said of it", () => {
    const error = codedError(nodeError("CERT_HAS_EXPIRED"), { operation: "open" });
    assert.isTrue(isMusterError(error, "CONFIG_INVALID"));
    assert.deepEqual(error.detail, { violations: [{ path: "tls", message: "CERT_HAS_EXPIRED of a socket" }] });
  });
});

test("errors of its own name the operation and the address, and say whether anybody can have got it", () => {
  expect(unavailable("gone", { operation: "addMany" }).message).toBe("[UNAVAILABLE] rabbitmq.addMany: gone");
  expect(invalid("no", { operation: "addMany", subject: "a" }).message).toContain('rabbitmq.addMany "a": no');
  assert.deepEqual([noRoute("a").code, noRoute("a").subject, noRoute("a").mayHaveApplied], ["NO_ROUTE", "a", false]);
  assert.deepEqual([refused("a").code, refused("a").subject, refused("a").mayHaveApplied], ["RATE_LIMITED", "a", true]);
});

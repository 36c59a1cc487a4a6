import { IllegalOperationError } from "amqplib";
import { type ErrorCode, isMusterError } from "@muster/core/slots";
import { assert, test } from "vitest";
import { codedError, noRoute, refused } from "../src/errors.ts";

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
  [nodeError("ECONNRESET"), "UNAVAILABLE"],
  [nodeError("CERT_HAS_EXPIRED"), "CONFIG_INVALID"],
];

test.for(CODES.map(([cause, code]) => ({ cause, code, name: String(cause) })))("$name is $code", ({ cause, code }) => {
  assert.equal(codedError(cause, { operation: "publishMany" }).code, code);
});

test.for([
  { words: "Expected ConnectionOpenOk; got <ConnectionClose channel:0>", code: undefined, path: "vhost" },
  { words: "Channel closed by server: 406 (PRECONDITION-FAILED) inequivalent arg", code: 406, path: "prefix" },
])("$words is about the option $path", ({ words, code, path }) => {
  const error = codedError(Object.assign(new Error(words), { code }), { operation: "open" });
  assert.isTrue(isMusterError(error, "CONFIG_INVALID"));
  assert.deepEqual(error.detail, { violations: [{ path, message: words }] });
});

test("what was not accepted names the address, and says whether anybody can have got it", () => {
  assert.deepEqual([noRoute("a").code, noRoute("a").subject, noRoute("a").mayHaveApplied], ["NO_ROUTE", "a", false]);
  assert.deepEqual([refused("a").code, refused("a").subject, refused("a").mayHaveApplied], ["RATE_LIMITED", "a", true]);
});

import { type ErrorCode, isMusterError } from "@muster/core/slots";
import { assert, describe, test } from "vitest";
import { answerIn, BrokerAnswer, codedError, mayHaveApplied } from "../src/errors.ts";

function driverError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const CODES: readonly (readonly [cause: unknown, code: ErrorCode])[] = [
  [
    driverError("KafkaJSSASLAuthenticationError", "Authentication failed: Invalid username or password"),
    "UNAUTHENTICATED",
  ],
  [new BrokerAnswer(58), "UNAUTHENTICATED"],
  [new BrokerAnswer(29), "PERMISSION_DENIED"],
  [new BrokerAnswer(31), "PERMISSION_DENIED"],
  [new BrokerAnswer(17), "CONFIG_INVALID"],
  [new BrokerAnswer(38), "CONFIG_INVALID"],
  [new BrokerAnswer(40), "CONFIG_INVALID"],
  [new BrokerAnswer(10), "INVALID_ARGUMENT"],
  [new BrokerAnswer(35), "UNSUPPORTED"],
  [new BrokerAnswer(89), "RATE_LIMITED"],
  ...[-1, 2, 3, 5, 6, 7, 19, 20, 41, 74, 78].map((code) => [new BrokerAnswer(code), "UNAVAILABLE"] as const),
  [driverError("KafkaJSConnectionError", "Connection error: connect ECONNREFUSED 127.0.0.1:9"), "UNAVAILABLE"],
  [driverError("KafkaJSConnectionError", "Connection error: self-signed certificate"), "CONFIG_INVALID"],
  [driverError("KafkaJSConnectionError", "Connection error: connect ECONNREFUSED ssl.example:9"), "UNAVAILABLE"],
  [driverError("KafkaJSConnectionClosedError", "Closed connection"), "UNAVAILABLE"],
  [driverError("KafkaJSRequestTimeoutError", "Request Produce(key: 0, version: 7) timed out"), "UNAVAILABLE"],
  [driverError("KafkaJSLockTimeout", "Timeout while acquiring lock"), "UNAVAILABLE"],
  [driverError("MissingCodec", "zstd is not among the CompressionCodecs of kafkajs"), "UNSUPPORTED"],
  [new TypeError("a mistake"), "INTERNAL"],
];

test.for(CODES.map(([cause, code], row) => ({ row, cause, code })))("$row: $cause is $code", ({ cause, code }) => {
  const error = codedError(cause, { operation: "publishMany", subject: "a" });
  assert.isTrue(isMusterError(error, code), `${error.code}: ${error.message}`);
  assert.deepEqual([error.source, error.subject, error.cause], ["kafka.publishMany", "a", cause]);
});

describe("what a broker has answered", () => {
  test("is known behind the coded error, too", () => {
    const answer = new BrokerAnswer(6);
    assert.equal(answerIn(answer), 6);
    assert.equal(answerIn(codedError(answer, { operation: "open" })), 6);
    assert.isUndefined(answerIn(new Error("6")));
  });

  test("refuses for certain, unless it is that replicas or the broker failed", () => {
    const doubtful = [-1, 7, 20];
    for (const code of doubtful) assert.isTrue(mayHaveApplied(code));
    for (const code of [3, 6, 10, 19, 29]) assert.isFalse(mayHaveApplied(code));
  });
});

/** What the driver, the broker and the network say, in Muster's codes. */

import { type DriverErrorRule, type DriverErrors, driverErrors, MusterError } from "@muster/core/slots";

/** As it stands in the source of errors. */
export const NAME = "kafka";

/** Answers of a broker, by the number that the protocol gives them. */
export const ANSWERS = {
  unknown: -1,
  none: 0,
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  notEnoughReplicasAfterAppend: 20,
  topicExists: 36,
} as const;

const MAY_HAVE_APPLIED: ReadonlySet<number> = new Set([
  ANSWERS.unknown,
  ANSWERS.requestTimedOut,
  ANSWERS.notEnoughReplicasAfterAppend,
]);

const RULES: readonly DriverErrorRule[] = [
  {
    name: "KafkaJSSASLAuthenticationError",
    code: "UNAUTHENTICATED",
    message: "the broker does not accept the credentials",
  },
  { name: /^(?:33|58)$/, code: "UNAUTHENTICATED", message: "the broker does not accept the credentials" },
  { name: /^(?:29|30|31|53|65)$/, code: "PERMISSION_DENIED", message: "the broker does not permit this" },
  { name: 17, code: "CONFIG_INVALID", message: "the broker takes no topic of this name", path: "prefix" },
  { name: 37, code: "CONFIG_INVALID", message: "the broker takes no topic of so many partitions", path: "partitions" },
  {
    name: 38,
    code: "CONFIG_INVALID",
    message: "there are not as many brokers",
    path: "replicationFactor",
  },
  { name: 44, code: "CONFIG_INVALID", message: "the cluster's policy takes no such topic" },
  { name: /^(?:40|76)$/, code: "CONFIG_INVALID", message: "the broker does not take this setting" },
  { name: /^(?:10|18)$/, code: "INVALID_ARGUMENT", message: "the broker takes nothing so large" },
  { name: /^(?:35|42)$/, code: "UNSUPPORTED", message: "the broker does not know this request" },
  {
    name: /^(?:KafkaJSServerDoesNotSupportApiKey|KafkaJSNotImplemented)$/,
    code: "UNSUPPORTED",
    message: "the broker does not know this request",
  },
  {
    name: "MissingCodec",
    code: "UNSUPPORTED",
    message: "what is in the log is compressed with a codec that is not here",
  },
  { name: 3, code: "UNAVAILABLE", message: "the topic is gone, or not there yet" },
  {
    name: /^(?:5|6|8|9|13|19|56|74|75|77|78|79|80|129)$/,
    code: "UNAVAILABLE",
    message: "no broker leads this partition now",
  },
  { name: /^(?:7|20)$/, code: "UNAVAILABLE", message: "the partition's replicas did not answer in time" },
  { name: 89, code: "RATE_LIMITED", message: "the broker's quota is used up" },
  { name: 41, code: "UNAVAILABLE", message: "the cluster has no controller now" },
  { name: -1, code: "UNAVAILABLE", message: "the broker failed" },
  { name: "UnknownBroker", code: "UNAVAILABLE", message: "the broker is gone, or not there yet" },
  { name: 2, code: "UNAVAILABLE", message: "what the broker got or has is damaged" },
  { name: "KafkaJSRequestTimeoutError", code: "UNAVAILABLE", message: "the broker has fallen silent" },
  { name: "KafkaJSLockTimeout", code: "UNAVAILABLE", message: "the broker did not let the client in, in time" },
  {
    name: "KafkaJSConnectionError",
    says: /certificate|self.signed|handshake failure|wrong version number|ssl routines/i,
    code: "CONFIG_INVALID",
    message: "no TLS with this broker",
    path: "tls",
  },
  { name: /^KafkaJSConnection(?:Closed)?Error$/, code: "UNAVAILABLE", message: "the broker could not be reached" },
];

const errors = driverErrors(NAME, RULES);

export const codedError: DriverErrors["codedError"] = errors.codedError;
export const unavailable: DriverErrors["unavailable"] = errors.unavailable;

/** What a broker has answered, as an error that {@link codedError} knows. */
export class BrokerAnswer extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`error code ${code} of the protocol`);
    this.name = "BrokerAnswer";
    this.code = code;
  }
}

/** Whether what a broker refused like this may stand in the log all the same. */
export function mayHaveApplied(code: number): boolean {
  return MAY_HAVE_APPLIED.has(code);
}

/** Whether the broker, asked whom it answers for, has said so; `undefined`: it is no answer of a broker. */
export function answerIn(error: unknown): number | undefined {
  const cause = error instanceof MusterError ? error.cause : error;
  return cause instanceof BrokerAnswer ? cause.code : undefined;
}

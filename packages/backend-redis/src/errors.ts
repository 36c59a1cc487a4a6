/** What Redis and its driver say, as coded errors. */

import {
  driverError,
  type DriverErrorMeaning,
  isMusterError,
  type MusterError,
  refused,
  socketMeaning,
  unanswered,
  wordsOf,
} from "@muster/core/slots";

/** The name of this backend, as it stands in the source of errors. */
export const NAME = "redis";

/** Error replies, by their first word. Of what it answers with one of these the server has applied nothing, but for the last. */
const REPLIES: Readonly<Record<string, DriverErrorMeaning>> = {
  WRONGPASS: refused("UNAUTHENTICATED", "the server knows no such user and password"),
  NOAUTH: refused("UNAUTHENTICATED", "the server asks for a password"),
  NOPERM: refused("PERMISSION_DENIED", "the server's ACL does not allow it to this user"),
  DENIED: refused("PERMISSION_DENIED", "the server takes no connections from elsewhere"),
  READONLY: refused("UNAVAILABLE", "the server is a read-only replica"),
  LOADING: refused("UNAVAILABLE", "the server is still loading its data"),
  MASTERDOWN: refused("UNAVAILABLE", "the server is a replica that has lost its master"),
  CLUSTERDOWN: refused("UNAVAILABLE", "the cluster is down"),
  TRYAGAIN: refused("UNAVAILABLE", "the slot is moving"),
  MOVED: refused("UNAVAILABLE", "the slot is elsewhere"),
  ASK: refused("UNAVAILABLE", "the slot is moving"),
  BUSY: refused("UNAVAILABLE", "the server is busy with a script"),
  MISCONF: refused("UNAVAILABLE", "the server can't save its data and takes no writes"),
  OOM: refused("UNAVAILABLE", "the server's memory is full"),
  UNKNOWNSTAMP: {
    ...refused("UNSUPPORTED", "the server holds records of a newer release"),
    feature: "stored records of another version",
  },
  NOREPLICAS: refused("UNAVAILABLE", "the server has too few replicas to take writes"),
  WRONGTYPE: unanswered("somebody else has written to a key of ours", "INTERNAL"),
};

/** Replies and driver's errors that are told apart by what they say. */
const MESSAGES: readonly (readonly [pattern: RegExp, meaning: DriverErrorMeaning])[] = [
  [/^ERR max number of clients reached/, refused("UNAVAILABLE", "the server has too many clients")],
  [/^ERR DB index is out of range/, refused("CONFIG_INVALID", "the server has no such database")],
  [/^ERR SELECT is not allowed/, refused("CONFIG_INVALID", "a cluster has no databases but 0")],
  [
    /^ERR The user executing the script can't/,
    unanswered("the server's ACL does not allow a script's command", "PERMISSION_DENIED"),
  ],
  [/cluster support disabled/, refused("CONFIG_INVALID", "the server is not part of a cluster")],
  [/enableOfflineQueue options is false/, refused("UNAVAILABLE", "there is no connection to the server")],
  [/^Too many Cluster redirections/, refused("UNAVAILABLE", "the slot is found nowhere")],
  [/^Cluster is ended/, refused("UNAVAILABLE", "there is no connection to the cluster")],
  [/^None of startup nodes is available/, refused("UNAVAILABLE", "no node of the cluster answers")],
  [/^Failed to refresh slots cache/, refused("UNAVAILABLE", "no node of the cluster tells where the slots are")],
  [/^All sentinels are unreachable/, refused("UNAVAILABLE", "no sentinel tells where the master is")],
  [/^The operation was aborted due to timeout/, refused("UNAVAILABLE", "the server does not take the connection")],
  [/^Command timed out/, unanswered("the server did not answer in time")],
  [/^Connection is closed/, unanswered("the connection was lost")],
  [/^Command aborted due to connection close/, unanswered("the connection was lost")],
  [/^Reached the max retries per request limit/, unanswered("the connection was lost")],
  [/^timeout$/, unanswered("the cluster did not answer in time")],
];

/** An error that nobody expects may have stopped a script halfway. */
const UNKNOWN: DriverErrorMeaning = unanswered("an unexpected error", "INTERNAL");

/**
 * A coded error for whatever a call of the driver rejected with. What already is one is given back as it is.
 *
 * @param source `redis.` and the operation: `redis.setMany`.
 */
export function redisError(error: unknown, source: string, subject?: string): MusterError {
  if (isMusterError(error)) return error;
  const text = wordsOf(error);
  return driverError(meaningOf(error, text), { source, subject, text, cause: error });
}

/** Whether the server said that it has never seen the script of that digest; nothing of it was applied. */
export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

function meaningOf(error: unknown, text: string): DriverErrorMeaning {
  const cause = lastNodeError(error);
  if (cause !== undefined) return { ...meaningOf(cause, cause.message), mayHaveApplied: false }; // It was only asked where the slots are.
  const reply = REPLIES[firstWord(text)];
  if (reply !== undefined) return reply;
  const found = MESSAGES.find(([pattern]) => pattern.test(text));
  if (found !== undefined) return found[1];
  return socketMeaning(error) ?? UNKNOWN;
}

/** Why the last of a cluster's nodes did not answer, where the driver tells that all have failed. */
function lastNodeError(error: unknown): Error | undefined {
  if (!(error instanceof Error) || !("lastNodeError" in error)) return undefined;
  return error.lastNodeError instanceof Error ? error.lastNodeError : undefined;
}

function firstWord(text: string): string {
  const end = text.search(/[ :]/);
  return end < 0 ? text : text.slice(0, end);
}

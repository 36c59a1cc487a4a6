import { type ErrorCode, isMusterError, MusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { isNoScript, redisError } from "../src/errors.ts";

/** What Redis 7 and ioredis 5 really say. */
const TABLE: readonly (readonly [error: unknown, code: ErrorCode, mayHaveApplied: boolean])[] = [
  ...(
    [
      ["WRONGPASS invalid username-password pair or user is disabled.", "UNAUTHENTICATED"],
      ["NOAUTH Authentication required.", "UNAUTHENTICATED"],
      ["NOPERM User muster has no permissions to run the 'eval' command", "PERMISSION_DENIED"],
      ["DENIED Redis is running in protected mode because protected mode is enabled", "PERMISSION_DENIED"],
      ["READONLY You can't write against a read only replica. script: 0f, on @user_script:2.", "UNAVAILABLE"],
      ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE"],
      ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "UNAVAILABLE"],
      ["CLUSTERDOWN The cluster is down", "UNAVAILABLE"],
      ["CLUSTERDOWN Hash slot not served", "UNAVAILABLE"],
      ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE"],
      ["MOVED 866 127.0.0.1:7001", "UNAVAILABLE"],
      ["Too many Cluster redirections. Last error: ReplyError: MOVED 866 127.0.0.1:7001", "UNAVAILABLE"],
      ["BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "UNAVAILABLE"],
      ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist", "UNAVAILABLE"],
      ["OOM command not allowed when used memory > 'maxmemory'.", "UNAVAILABLE"],
      ["NOREPLICAS Not enough good replicas to write.", "UNAVAILABLE"],
      ["ERR max number of clients reached", "UNAVAILABLE"],
      ["ERR DB index is out of range", "CONFIG_INVALID"],
      ["ERR SELECT is not allowed in cluster mode", "CONFIG_INVALID"],
      ["ERR This instance has cluster support disabled", "CONFIG_INVALID"],
      ["Stream isn't writeable and enableOfflineQueue options is false", "UNAVAILABLE"],
      ["Cluster isn't ready and enableOfflineQueue options is false", "UNAVAILABLE"],
      ["None of startup nodes is available", "UNAVAILABLE"],
      ["All sentinels are unreachable. Retrying from scratch after 10ms.", "UNAVAILABLE"],
      ["Failed to refresh slots cache.", "UNAVAILABLE"],
    ] as const
  ).map(([message, code]) => [new Error(message), code, false] as const),
  ...(
    [
      ["Connection is closed.", "UNAVAILABLE"],
      ["Reached the max retries per request limit (which is 0). Refer to …", "UNAVAILABLE"],
      ["Command aborted due to connection close", "UNAVAILABLE"],
      ["Command timed out", "UNAVAILABLE"],
      ["ERR The user executing the script can't run this command or subcommand script: 0f", "PERMISSION_DENIED"],
      ["ERR user_script:3: attempt to index a nil value script: 0f, on @user_script:3.", "INTERNAL"],
      ["WRONGTYPE Operation against a key holding the wrong kind of value", "INTERNAL"],
    ] as const
  ).map(([message, code]) => [new Error(message), code, true] as const),
  [socketError("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED", "connect"), "UNAVAILABLE", false],
  [socketError("connect ETIMEDOUT", "ETIMEDOUT", "connect"), "UNAVAILABLE", false],
  [socketError("getaddrinfo ENOTFOUND nowhere", "ENOTFOUND", "getaddrinfo"), "UNAVAILABLE", false],
  [socketError("read ECONNRESET", "ECONNRESET", "read"), "UNAVAILABLE", true],
  [socketError("write EPIPE", "EPIPE", "write"), "UNAVAILABLE", true],
  ["thrown as text", "INTERNAL", true],
  [undefined, "INTERNAL", true],
];

function socketError(message: string, code: string, syscall: string): Error {
  return Object.assign(new Error(message), { code, syscall });
}

test.each(TABLE)("%s is %s", (error, code, mayHaveApplied) => {
  const coded = redisError(error, "redis.setMany", "sensor-7");
  expect({ code: coded.code, mayHaveApplied: coded.mayHaveApplied }).toEqual({ code, mayHaveApplied });
  expect(coded.source).toBe("redis.setMany");
  expect(coded.subject).toBe("sensor-7");
  expect(coded.cause).toBe(error);
});

test("what no node of a cluster could tell is what the last of them said", () => {
  const error = Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError: new Error("NOAUTH …") });
  expect(redisError(error, "redis.open").code).toBe("UNAUTHENTICATED");
});

test("where no node of a cluster could be reached nothing was applied", () => {
  const error = Object.assign(new Error("Failed to refresh slots cache."), {
    lastNodeError: new Error("Connection is closed."),
  });
  expect(redisError(error, "redis.open")).toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
});

test("a coded error stays what it is", () => {
  const error = new MusterError({ code: "CLOSED", source: "redis.scan", message: "it has been closed" });
  expect(redisError(error, "redis.setMany")).toBe(error);
});

test("what is wrong with the configuration stands among the violations", () => {
  const error = redisError(new Error("ERR DB index is out of range"), "redis.open");
  expect(isMusterError(error, "CONFIG_INVALID") && error.detail.violations).toEqual([
    { path: "", message: "ERR DB index is out of range" },
  ]);
});

test("only a script that the server has not seen is one to send in full", () => {
  expect(isNoScript(new Error("NOSCRIPT No matching script. Please use EVAL."))).toBe(true);
  expect(isNoScript(new Error("ERR NOSCRIPT"))).toBe(false);
  expect(isNoScript("NOSCRIPT")).toBe(false);
});

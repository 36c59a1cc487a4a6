/* oxlint-disable vitest/valid-title, vitest/expect-expect -- a test is declared from data */
import { afterAll, test } from "vitest";
import type { ServerCluster } from "./cluster.ts";
import { obtainKafkaCluster } from "./kafka-cluster.ts";
import { MissingServerError } from "./missing-server-error.ts";
import { obtainNatsCluster } from "./nats-cluster.ts";
import { obtainServer } from "./obtain.ts";
import { obtainRabbitmqCluster } from "./rabbitmq-cluster.ts";
import { isOptional } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import { obtainRedisCluster } from "./redis-cluster.ts";
import { obtainRedisSentinels, type RedisSentinels } from "./redis-sentinels.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";

const isSet = (text: string | undefined): boolean => !["", "0", "false"].includes(text ?? "");
const mustRun = (): boolean => isSet(process.env["CI"]) || process.env["MUSTER_REQUIRE"] === "all";

function declareMissing(error: MissingServerError): void {
  const name = `NOT RUN: needs ${error.kind} (${error.command})`;
  test(name, { skip: isOptional(recipes[error.kind]) || !mustRun() }, () => {
    throw error;
  });
}

async function withObtained<T extends AsyncDisposable>(
  obtain: () => Promise<T>,
  define: (obtained: T) => void | Promise<void>,
): Promise<void> {
  let obtained: T;
  try {
    obtained = await obtain();
  } catch (error) {
    if (error instanceof MissingServerError) return declareMissing(error);
    throw error;
  }
  afterAll(() => obtained[Symbol.asyncDispose]());
  try {
    await define(obtained);
  } catch (error) {
    // In a file that does not load no hook runs.
    await obtained[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * For the top level of a test file: obtains a server, lets `define` declare the tests that use it, and ends it behind
 * the file's last test. Where there is none to be had it declares one test instead, whose name says NOT RUN and the
 * command that gets the server: skipped, or failing when CI or MUSTER_REQUIRE=all is set and Debian has what it takes.
 *
 * @throws Error when the server does not start.
 */
export function withServer(
  kind: ServerKind,
  options: ServerOptions,
  define: (server: Server) => void | Promise<void>,
): Promise<void> {
  return withObtained(() => obtainServer(kind, options), define);
}

/** The same for a Redis Cluster. */
export function withRedisCluster(
  options: { readonly masters?: number; readonly replicas?: number } & ServerOptions,
  define: (cluster: ServerCluster) => void | Promise<void>,
): Promise<void> {
  return withObtained(() => obtainRedisCluster(options), define);
}

/** The same for Redis servers and their sentinels. */
export function withRedisSentinels(define: (sentinels: RedisSentinels) => void | Promise<void>): Promise<void> {
  return withObtained(obtainRedisSentinels, define);
}

/** The same for a NATS cluster. */
export function withNatsCluster(
  options: { readonly size?: number } & ServerOptions,
  define: (cluster: ServerCluster) => void | Promise<void>,
): Promise<void> {
  return withObtained(() => obtainNatsCluster(options), define);
}

/** The same for a RabbitMQ cluster. */
export function withRabbitmqCluster(
  options: { readonly size?: number } & ServerOptions,
  define: (cluster: ServerCluster) => void | Promise<void>,
): Promise<void> {
  return withObtained(() => obtainRabbitmqCluster(options), define);
}

/** The same for a Kafka cluster. */
export function withKafkaCluster(
  options: { readonly size?: number } & ServerOptions,
  define: (cluster: ServerCluster) => void | Promise<void>,
): Promise<void> {
  return withObtained(() => obtainKafkaCluster(options), define);
}

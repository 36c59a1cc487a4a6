/** All scenarios, by name, in the order they run. */

import type { Scenario } from "../scenario.ts";
import { acknowledgedScenario } from "./acknowledged.ts";
import { filterScenario } from "./filter.ts";
import { guaranteesMemoryScenario } from "./guarantees-memory.ts";
import { jetStreamDurableScenario } from "./jetstream-durable.ts";
import { kafkaScenario } from "./kafka.ts";
import { kafkaDurableScenario } from "./kafka-durable.ts";
import { multicastMemoryScenario } from "./multicast-memory.ts";
import { multicastScenario } from "./multicast.ts";
import { natsRegistryScenario } from "./nats-registry.ts";
import { natsScenario } from "./nats.ts";
import { pocScenario } from "./poc.ts";
import { postgresDurableScenario } from "./postgres-durable.ts";
import { postgresEnumerateScenario } from "./postgres-enumerate.ts";
import { postgresMessagesScenario } from "./postgres-messages.ts";
import { postgresOutboxScenario } from "./postgres-outbox.ts";
import { postgresRegisterScenario } from "./postgres-register.ts";
import { rabbitmqDurableScenario } from "./rabbitmq-durable.ts";
import { rabbitmqScenario } from "./rabbitmq.ts";
import { redisDurableScenario } from "./redis-durable.ts";
import { redisEnumerateScenario } from "./redis-enumerate.ts";
import { redisPubsubScenario } from "./redis-pubsub.ts";
import { redisRegisterScenario } from "./redis-register.ts";
import { redisSlowlogScenario } from "./redis-slowlog.ts";
import { registerScenario } from "./register.ts";
import { scanScenario } from "./scan.ts";
import { sqliteDurableScenario } from "./sqlite-durable.ts";
import { sqliteRegisterScenario } from "./sqlite-register.ts";
import { stalledScenario } from "./stalled.ts";

const ALL: readonly Scenario[] = [
  filterScenario,
  scanScenario,
  registerScenario,
  multicastScenario,
  multicastMemoryScenario,
  guaranteesMemoryScenario,
  stalledScenario,
  natsScenario,
  rabbitmqScenario,
  kafkaScenario,
  kafkaDurableScenario,
  acknowledgedScenario,
  natsRegistryScenario,
  redisRegisterScenario,
  redisEnumerateScenario,
  redisPubsubScenario,
  redisSlowlogScenario,
  redisDurableScenario,
  jetStreamDurableScenario,
  rabbitmqDurableScenario,
  postgresRegisterScenario,
  postgresEnumerateScenario,
  postgresMessagesScenario,
  postgresDurableScenario,
  sqliteRegisterScenario,
  postgresOutboxScenario,
  sqliteDurableScenario,
  pocScenario,
];

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  ALL.map((scenario): [string, Scenario] => [scenario.name, scenario]),
);

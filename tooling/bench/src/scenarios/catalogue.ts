/** All scenarios, by name, in the order they run. */

import type { Scenario } from "../scenario.ts";
import { acknowledgedScenario } from "./acknowledged.ts";
import { churnScenario } from "./churn.ts";
import { durableScenario } from "./durable.ts";
import { endToEndScenario } from "./end-to-end.ts";
import { enumerateScenario } from "./enumerate.ts";
import { filterScenario } from "./filter.ts";
import { identityGrowthScenario, nodeGrowthScenario } from "./growth.ts";
import { guaranteesMemoryScenario } from "./guarantees-memory.ts";
import { jetStreamDurableScenario } from "./jetstream-durable.ts";
import { kafkaDurableScenario } from "./kafka-durable.ts";
import { kafkaScenario } from "./kafka.ts";
import { mixedScenario } from "./mixed.ts";
import { multicastMemoryScenario } from "./multicast-memory.ts";
import { multicastScenario } from "./multicast.ts";
import { natsIdentityScenario } from "./nats-identity.ts";
import { natsMemoryReadScenario, natsMemoryScenario } from "./nats-memory.ts";
import { natsRegistryScenario } from "./nats-registry.ts";
import { natsScenario } from "./nats.ts";
import { peersScenario } from "./peers.ts";
import { pocScenario } from "./poc.ts";
import { postgresDurableScenario } from "./postgres-durable.ts";
import { postgresEnumerateScenario } from "./postgres-enumerate.ts";
import { postgresMessagesScenario } from "./postgres-messages.ts";
import { postgresOutboxScenario } from "./postgres-outbox.ts";
import { postgresPageScenario } from "./postgres-page.ts";
import { postgresRegisterScenario } from "./postgres-register.ts";
import { rabbitmqDurableScenario } from "./rabbitmq-durable.ts";
import { rabbitmqScenario } from "./rabbitmq.ts";
import { redisDurableScenario } from "./redis-durable.ts";
import { redisEnumerateScenario } from "./redis-enumerate.ts";
import { redisPageScenario } from "./redis-page.ts";
import { redisPubsubScenario } from "./redis-pubsub.ts";
import { redisRegisterScenario } from "./redis-register.ts";
import { redisSlowlogScenario } from "./redis-slowlog.ts";
import { registerScenario } from "./register.ts";
import { renewScenario } from "./renew.ts";
import { scanScenario } from "./scan.ts";
import { sessionsScenario } from "./sessions.ts";
import { sqliteDurableScenario } from "./sqlite-durable.ts";
import { sqliteRegisterScenario } from "./sqlite-register.ts";
import { stalledScenario } from "./stalled.ts";

const ALL: readonly Scenario[] = [
  filterScenario,
  scanScenario,
  registerScenario,
  renewScenario,
  enumerateScenario,
  multicastScenario,
  multicastMemoryScenario,
  guaranteesMemoryScenario,
  stalledScenario,
  natsIdentityScenario,
  natsScenario,
  rabbitmqScenario,
  kafkaScenario,
  kafkaDurableScenario,
  acknowledgedScenario,
  durableScenario,
  endToEndScenario,
  natsRegistryScenario,
  redisRegisterScenario,
  redisEnumerateScenario,
  redisPageScenario,
  redisPubsubScenario,
  redisSlowlogScenario,
  redisDurableScenario,
  jetStreamDurableScenario,
  rabbitmqDurableScenario,
  postgresRegisterScenario,
  postgresEnumerateScenario,
  postgresPageScenario,
  postgresMessagesScenario,
  postgresDurableScenario,
  sqliteRegisterScenario,
  postgresOutboxScenario,
  sqliteDurableScenario,
  peersScenario,
  pocScenario,
  mixedScenario,
  natsMemoryScenario,
  natsMemoryReadScenario,
  identityGrowthScenario,
  nodeGrowthScenario,
  sessionsScenario,
  churnScenario,
];

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  ALL.map((scenario): [string, Scenario] => [scenario.name, scenario]),
);

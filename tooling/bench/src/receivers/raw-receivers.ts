/** Receivers with nothing but a driver. */

import { connect } from "@nats-io/transport-node";
import { connect as connectRabbitmq } from "amqplib";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { identityOf } from "../store.ts";
import type { Counter } from "./counter.ts";
import type { RawPlan } from "./plan.ts";

const CHANNELS_AT_ONCE = 1_000;
/** Where bare RabbitMQ publishes to. */
export const RAW_EXCHANGE = "raw";

const SUBSCRIBE = {
  nats: subscribeNats,
  redis: subscribeRedis,
  rabbitmq: subscribeRabbitmq,
  kafka: subscribeKafka,
} as const;

/** Resolves when everything is subscribed to. */
export async function subscribeRaw(plan: RawPlan, counter: Counter): Promise<void> {
  await SUBSCRIBE[plan.broker.at](plan, counter);
}

async function subscribeNats({ broker, prefix, share, pattern }: RawPlan, { count }: Counter): Promise<void> {
  const connection = await connect({ servers: broker.url });
  const subjects = pattern === undefined ? namesOf(prefix, share) : [pattern];
  for (const subject of subjects) connection.subscribe(subject, { callback: count });
  await connection.flush();
}

async function subscribeRedis({ broker, prefix, share, pattern }: RawPlan, { count }: Counter): Promise<void> {
  const redis = new Redis(broker.url);
  redis.on("message", count);
  redis.on("pmessage", count);
  if (pattern !== undefined) await redis.psubscribe(pattern);
  const channels = pattern === undefined ? namesOf(prefix, share) : [];
  for (let start = 0; start < channels.length; start += CHANNELS_AT_ONCE) {
    await redis.subscribe(...channels.slice(start, start + CHANNELS_AT_ONCE));
  }
}

async function subscribeRabbitmq({ broker, prefix, share }: RawPlan, { count }: Counter): Promise<void> {
  const model = await connectRabbitmq(broker.url, { noDelay: true });
  const channel = await model.createChannel();
  const { exchange = RAW_EXCHANGE } = broker;
  await channel.assertExchange(exchange, "direct", { durable: true });
  const { queue } = await channel.assertQueue("", { exclusive: true });
  for (const key of namesOf(prefix, share)) await channel.bindQueue(queue, exchange, key);
  await channel.consume(queue, count, { noAck: true });
}

/** In a group of its own, so that it reads all partitions; it counts what is under its keys. */
async function subscribeKafka({ broker, prefix, share }: RawPlan, { count }: Counter): Promise<void> {
  const keys = new Set(namesOf(prefix, share));
  const { exchange: topic = RAW_EXCHANGE } = broker;
  const kafka = bareKafka(broker.url);
  const consumer = kafka.consumer({ groupId: `${topic}-${process.pid}`, maxWaitTimeInMs: 250 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({
    partitionsConsumedConcurrently: 12,
    async eachBatch({ batch }) {
      for (const { key } of batch.messages) if (keys.has(String(key))) count();
    },
  });
  await joined;
}

export function bareKafka(url: string): Kafka {
  const { host } = new URL(url);
  return new Kafka({ brokers: [host], logLevel: logLevel.NOTHING });
}

/** Subjects, channels or keys, one for each identity. */
export function namesOf(prefix: string, { from, to }: RawPlan["share"]): readonly string[] {
  return Array.from({ length: to - from }, (_, offset) => prefix + identityOf(from + offset));
}

/** Muster on Kafka: messaging. */

export { kafkaMessaging } from "./messaging.ts";
export type { KafkaCompression, KafkaMessagingOptions, KafkaServerOptions } from "./options.ts";
export { kafkaDurability } from "./durability.ts";
export type { KafkaDurabilityOptions } from "./queues/settings.ts";

/** Muster on Kafka: messaging, and queues in a log. */

export type { KafkaDurabilityOptions } from "./queues/settings.ts";
export { kafkaDurability } from "./durability.ts";
export { kafkaMessaging } from "./messaging.ts";
export type { KafkaCompression, KafkaMessagingOptions, KafkaServerOptions } from "./options.ts";

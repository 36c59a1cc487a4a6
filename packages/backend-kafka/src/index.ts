/** Muster on Kafka: messaging. */

export { kafkaMessaging } from "./messaging.ts";
export type { KafkaCompression, KafkaMessagingOptions, KafkaServerOptions } from "./options.ts";

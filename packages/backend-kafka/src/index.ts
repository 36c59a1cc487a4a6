/** Muster on Kafka: messaging. */

export type { KafkaCompression, KafkaMessagingOptions, KafkaServerOptions } from "./options.ts";

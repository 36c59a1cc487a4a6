/** Muster on RabbitMQ: messaging and durability. */

export { rabbitmqDurability, type RabbitmqDurabilityOptions } from "./durability.ts";
export { rabbitmqMessaging } from "./messaging.ts";
export type { RabbitmqMessagingOptions } from "./options.ts";

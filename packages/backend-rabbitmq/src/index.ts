/** Muster on RabbitMQ: messaging. */

export { rabbitmqMessaging } from "./messaging.ts";
export type { RabbitmqMessagingOptions } from "./options.ts";

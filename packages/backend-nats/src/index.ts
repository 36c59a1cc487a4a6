/** Muster on NATS: messaging. */

export { natsMessaging } from "./messaging.ts";
export type { NatsConnectionOptions, NatsMessagingOptions, NatsServerOptions } from "./options.ts";

/** Muster on NATS: messaging. */

export { natsMessaging } from "./messaging.ts";
export type { NatsConnectionOptions, NatsOptions, NatsServerOptions } from "./options.ts";

/** Muster on NATS: messaging, and durability on JetStream. */

export { natsDurability, type NatsDurabilityOptions } from "./durability.ts";
export type { JetStreamOptions } from "./jetstream/options.ts";
export { natsMessaging } from "./messaging.ts";
export type { NatsConnectionOptions, NatsOptions, NatsServerOptions } from "./options.ts";

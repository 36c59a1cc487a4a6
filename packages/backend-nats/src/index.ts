/** Muster on NATS: messaging, and on JetStream registry and durability. */

export { natsDurability, type NatsDurabilityOptions } from "./durability.ts";
export type { JetStreamOptions } from "./jetstream/options.ts";
export { natsMessaging } from "./messaging.ts";
export type { NatsConnectionOptions, NatsOptions, NatsServerOptions } from "./options.ts";
export { natsRegistry, type NatsRegistryOptions } from "./registry.ts";

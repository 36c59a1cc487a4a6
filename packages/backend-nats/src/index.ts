/** Muster on NATS: messaging and registry. */

export { natsMessaging } from "./messaging.ts";
export type { NatsConnectionOptions, NatsOptions, NatsServerOptions } from "./options.ts";
export { natsRegistry, type NatsRegistryOptions } from "./registry.ts";

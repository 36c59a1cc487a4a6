/** Muster on Redis. */

export { redisDurability } from "./durability.ts";
export { redisMessaging } from "./messaging.ts";
export type {
  RedisByClient,
  RedisByCluster,
  RedisByHost,
  RedisBySentinels,
  RedisByUrl,
  RedisCommonOptions,
  RedisCredentials,
  RedisLocation,
  RedisNatMap,
  RedisNode,
  RedisOptions,
  RedisTls,
} from "./options.ts";
export type { RedisTransaction } from "./queues/transaction.ts";
export { redisRegistry, type RedisRegistryOptions } from "./registry.ts";

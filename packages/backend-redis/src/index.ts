/** Muster on Redis. */

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
export { redisRegistry, type RedisRegistryOptions } from "./registry.ts";

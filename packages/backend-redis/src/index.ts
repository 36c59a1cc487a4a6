/** Muster on Redis. */

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

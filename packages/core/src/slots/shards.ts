/** In which shard of an outbox an identity's messages lie. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * FNV-1a over the code units of the identity: 0 to `shards` − 1. Never to be changed: releases record side by side, and what
 * one identity is sent must lie in one shard.
 */
export function shardOf(identity: string, shards: number): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < identity.length; i += 1) hash = Math.imul(hash ^ identity.charCodeAt(i), FNV_PRIME);
  // The low bits alone would follow from the low bits of each character.
  return ((hash ^ (hash >>> 15)) >>> 0) % shards;
}

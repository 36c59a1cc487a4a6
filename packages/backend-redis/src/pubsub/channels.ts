/**
 * Names of channels: `<prefix>:{<namespace>}:<address>`, as for keys. Pub/Sub does not know databases: for another than
 * 0 its number stands behind the prefix, `<prefix>@<db>:…`.
 *
 * In a cluster a namespace has 16 shards, `<prefix>:{<namespace>/<shard>}:<address>`, each in one slot, so that a script
 * can publish to many addresses and the shards spread over the masters. The shard is a hexadecimal digit, the lowest four
 * bits of the 32-bit FNV-1a hash of the address's bytes.
 *
 * Neither a prefix nor a namespace contains a brace or an `@`, and a namespace has no slash: no two names meet.
 */

import type { Topology } from "../connection/server-facts.ts";

const SHARDS = 16;

export interface Channels {
  /** From 0 to, exclusive, this. */
  readonly shards: number;
  shardOf(address: string): number;
  channelOf(address: string): string;
  /** Where the address begins in each channel. */
  readonly addressAt: number;
  /** A channel of the shard that is nobody's address. */
  beaconOf(shard: number): string;
}

export interface ChannelScope {
  readonly topology: Topology;
  readonly prefix: string;
  readonly db: number;
  readonly namespace: string;
}

export function channelsOf({ topology, prefix, db, namespace }: ChannelScope): Channels {
  const start = db === 0 ? prefix : `${prefix}@${db}`;
  const beacons =
    topology === "cluster"
      ? Array.from({ length: SHARDS }, (_, shard) => `${start}:{${namespace}/${shard.toString(16)}}:`)
      : [`${start}:{${namespace}}:`];
  const shards = beacons.length;
  const beaconOf = (shard: number): string => beacons[shard] ?? "";
  const shardOf = (address: string): number => (shards > 1 ? fnv1a(address) % shards : 0);
  return {
    shards,
    shardOf,
    beaconOf,
    addressAt: beaconOf(0).length,
    channelOf: (address) => beaconOf(shardOf(address)) + address,
  };
}

/** As an unsigned number of 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return hash >>> 0;
}

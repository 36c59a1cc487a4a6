/** How namespaces and addresses stand on the brokers: a topic for each namespace and use, a partition for many addresses. */

import { encodeName } from "@muster/core/slots";

/** What brokers let a topic's name have. */
const MAX_TOPIC_LENGTH = 249;
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * `prefix.namespace.use`. What is not an ASCII letter, a digit or `-` in the namespace is `_` and two hexadecimal digits; a
 * name that is too long ends in a hash. Brokers take no two topics that differ only in `.` and `_`; no two of these do,
 * where `use` begins with a letter behind `f`.
 */
export function topicOf(prefix: string, namespace: string, use: string): string {
  return `${prefix}.${encodeName(namespace, MAX_TOPIC_LENGTH - prefix.length - use.length - 2)}.${use}`;
}

/** Of so many partitions, that of a key, as every client of Kafka's own default has it: foreign senders find it, too. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** Of 32 bits, as Kafka has it: https://github.com/apache/kafka, `Utils.murmur2`. */
function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const byte = (index: number): number => bytes[index] ?? 0;
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  const left = length - at;
  if (left > 2) hash ^= byte(at + 2) << 16;
  if (left > 1) hash ^= byte(at + 1) << 8;
  if (left > 0) hash = Math.imul(hash ^ byte(at), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** What the durability slot is told beside where the brokers are. */

import { type KafkaServerOptions, type ServerSettings, serverSettingsOf, wholeNumber } from "../options.ts";

export interface KafkaDurabilityOptions extends KafkaServerOptions {
  /** Partitions of each of its three topics, when they are made here. Default 32. Topics that exist keep what they have. */
  readonly shards?: number;
  /** How long messages are kept in a topic that is made here: the longest TTL. Default 604,800,000, a week. */
  readonly retentionMs?: number;
}

/** With everything said. */
export interface DurabilitySettings extends ServerSettings {
  readonly shards: number;
  readonly retentionMs: number;
}

const MAX_SHARDS = 1_000;
const WEEK_MS = 604_800_000;
const MAX_RETENTION_MS = Number.MAX_SAFE_INTEGER / 1_000;

/** @throws CONFIG_INVALID, naming each option. */
export function durabilitySettingsOf(options: KafkaDurabilityOptions): DurabilitySettings {
  const { shards = 32, retentionMs = WEEK_MS } = options;
  const more = [
    ...wholeNumber("shards", shards, MAX_SHARDS),
    ...wholeNumber("retentionMs", retentionMs, Math.floor(MAX_RETENTION_MS)),
  ];
  return { ...serverSettingsOf(options, ["shards", "retentionMs"], more), shards, retentionMs };
}

/** The topics of one namespace. */

import type { TopicPlan } from "../connection/topics.ts";
import { topicOf } from "../keys.ts";
import type { DurabilitySettings } from "./settings.ts";
import type { Use } from "./wire.ts";

/** What was written is read by everyone before it can be compacted. */
const LEAST_LAG_MS = 60_000;

export function plansOf(settings: DurabilitySettings, namespace: string): Readonly<Record<Use, TopicPlan>> {
  const { prefix, shards: partitions, replicationFactor, retentionMs } = settings;
  const common = { partitions, replicationFactor };
  const times = { "message.timestamp.type": "LogAppendTime" };
  const compacted = { ...times, "cleanup.policy": "compact", "min.compaction.lag.ms": String(LEAST_LAG_MS) };
  return {
    q: {
      ...common,
      topic: topicOf(prefix, namespace, "queue"),
      config: { ...times, "cleanup.policy": "delete", "retention.ms": String(retentionMs), "retention.bytes": "-1" },
    },
    pos: { ...common, topic: topicOf(prefix, namespace, "positions"), config: compacted },
    dead: { ...common, topic: topicOf(prefix, namespace, "letters"), config: compacted },
  };
}

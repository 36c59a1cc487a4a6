/** The topics of one namespace. */

import type { TopicPlan } from "../connection/topics.ts";
import { topicOf } from "../keys.ts";
import type { DurabilitySettings } from "./settings.ts";
import type { Use } from "./stretches.ts";

/** What was written is read by everyone before it can be compacted. */
const LEAST_LAG_MS = 60_000;
/** Only what lies in closed segments is ever deleted or compacted. */
const SEGMENT_MS = 3_600_000;
const DAY_MS = 86_400_000;

export function plansOf(settings: DurabilitySettings, namespace: string): Readonly<Record<Use, TopicPlan>> {
  const { prefix, shards: partitions, replicationFactor, retentionMs } = settings;
  const common = { partitions, replicationFactor };
  const times = { "message.timestamp.type": "LogAppendTime" };
  const closing = { "segment.ms": String(SEGMENT_MS), "min.compaction.lag.ms": String(LEAST_LAG_MS) };
  const compacted = { ...times, ...closing, "cleanup.policy": "compact" };
  const keeping = { "retention.ms": String(retentionMs), "segment.ms": String(Math.min(retentionMs, DAY_MS)) };
  return {
    q: {
      ...common,
      topic: topicOf(prefix, namespace, "queue"),
      config: { ...times, ...keeping, "cleanup.policy": "delete", "retention.bytes": "-1" },
    },
    pos: { ...common, topic: topicOf(prefix, namespace, "positions"), config: compacted },
    dead: { ...common, topic: topicOf(prefix, namespace, "letters"), config: compacted },
  };
}

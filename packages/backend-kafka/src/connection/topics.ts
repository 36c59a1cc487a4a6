/** Topics: whether they are there, how they are made, and what they take. */

import { setTimeout as delay } from "node:timers/promises";
import { type Call, hasEnded, throwIfAborted } from "@muster/core/slots";
import { ANSWERS, answerIn, BrokerAnswer, NAME } from "../errors.ts";
import type { Line, TopicView } from "./line.ts";
import { offsetsOf } from "./offsets.ts";

/** A topic as it is made, where there is none. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** `undefined`: three, or as many as there are brokers. */
  readonly replicationFactor: number | undefined;
  /** Settings of the topic by their names in Kafka. */
  readonly config: Readonly<Record<string, string>>;
}

const USUAL_REPLICAS = 3;
const TOPIC_RESOURCE = 2;
const LOOK_AGAIN_MS = 20;
/** What brokers take without being told otherwise. */
const USUAL_MAX_BYTES = 1_048_588;

interface CreateAnswer {
  readonly topicErrors: readonly { readonly errorCode: number }[];
}

interface ConfigAnswer {
  readonly resources: readonly {
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}

/**
 * The topic, made if it is not there, when every partition has a leader that answers for it: one that has just become it
 * may not know yet.
 *
 * @throws BrokerAnswer, errors of kafkajs; TIMEOUT, ABORTED
 */
export async function ensureTopic(line: Line, plan: TopicPlan, call: Call): Promise<TopicView & { isNew: boolean }> {
  let isNew = false;
  for (;;) {
    throwIfAborted(call, `${NAME}.topic`);
    const view = await line.describe(plan.topic);
    if (isLed(view) && (await isAnsweredFor(line, plan.topic, view))) return { ...view, isNew };
    if (view.errorCode === ANSWERS.unknownTopic && !isNew) isNew = await createTopic(line, plan, view.brokers);
    else if (!isPassing(view.errorCode)) throw new BrokerAnswer(view.errorCode);
    if (!hasEnded(call)) await delay(LOOK_AGAIN_MS);
  }
}

async function isAnsweredFor(line: Line, topic: string, { leaders }: TopicView): Promise<boolean> {
  try {
    await offsetsOf(line, topic, { at: "end", partitions: leaders.keys(), leaders });
    return true;
  } catch (error) {
    const answer = answerIn(error);
    if (answer !== undefined && isPassing(answer)) return false;
    throw error;
  }
}

/** Whether it is there, and each of its partitions has somebody who answers for it. */
export function isLed({ errorCode, leaders }: TopicView): boolean {
  return errorCode === ANSWERS.none && leaders.length > 0 && leaders.every((leader) => leader >= 0);
}

/** Of one batch, in bytes: `max.message.bytes`; what is usual, where the broker does not tell. @throws errors of kafkajs */
export async function maxBatchBytes(line: Line, topic: string): Promise<number> {
  const name = "max.message.bytes";
  const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: [name] }];
  const { resources: all } = (await line.askAny("DescribeConfigs", { resources })) as ConfigAnswer; // As the protocol has it.
  const value = all[0]?.configEntries.find(({ configName }) => configName === name)?.configValue;
  const bytes = Number(value ?? Number.NaN);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : USUAL_MAX_BYTES;
}

/** False: somebody else has made it meanwhile. */
async function createTopic(line: Line, plan: TopicPlan, brokers: number): Promise<boolean> {
  const { topic, partitions, replicationFactor = Math.max(1, Math.min(USUAL_REPLICAS, brokers)), config } = plan;
  // What has been accepted then outlives any one broker.
  const safety = replicationFactor >= USUAL_REPLICAS ? { "min.insync.replicas": "2" } : {};
  const configEntries = Object.entries({ ...safety, ...config }).map(([name, value]) => ({ name, value }));
  const topics = [{ topic, numPartitions: partitions, replicationFactor, configEntries }];
  const answer = (await line.askAny("CreateTopics", { topics, timeout: 5_000 })) as CreateAnswer; // As the protocol has it.
  const errorCode = answer.topicErrors[0]?.errorCode ?? ANSWERS.unknown;
  if (errorCode === ANSWERS.topicExists || errorCode === ANSWERS.requestTimedOut) return false;
  if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
  return true;
}

/** What a topic or a partition may answer for a moment, while it is made or its leaders change. */
export function isPassing(errorCode: number): boolean {
  return [ANSWERS.none, ANSWERS.unknownTopic, ANSWERS.leaderNotAvailable, ANSWERS.notLeader].some(
    (code) => code === errorCode,
  );
}

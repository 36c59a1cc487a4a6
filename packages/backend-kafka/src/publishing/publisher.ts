/** Publishes batches: each partition answers for its own, and nothing is sent twice. */

import { setImmediate as turn } from "node:timers/promises";
import {
  type BatchFailure,
  type Call,
  hasEnded,
  isMusterError,
  type MusterError,
  type Outgoing,
  throwIfAborted,
} from "@muster/core/slots";
import type { Asking, Line, TopicView } from "../connection/line.ts";
import type { Link } from "../connection/link.ts";
import { produce } from "../connection/produce.ts";
import type { Topic } from "../connection/topic.ts";
import { ANSWERS, answerIn, BrokerAnswer, codedError, mayHaveApplied, NAME, unavailable } from "../errors.ts";
import { type RecordBatch, requestsOf, roundsOf } from "./batches.ts";

const OPERATION = "publishMany";

type Fail = (batch: RecordBatch, error: MusterError) => void;

export class Publisher {
  readonly #link: Link;
  readonly #topic: Topic;
  readonly #maxBatchBytes: number;

  /** @param maxBatchBytes what the topic takes for one batch of records. */
  constructor(link: Link, topic: Topic, maxBatchBytes: number) {
    this.#link = link;
    this.#topic = topic;
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** As the slot has it. What has not left when the call ends never does. */
  async publish(messages: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    if (messages.length === 0) return [];
    const line = await this.#link.line(call, OPERATION);
    const view = await this.#view(line, call);
    const failures = new Map<number, MusterError>();
    const fail: Fail = ({ places }, error) => {
      for (const place of places) failures.set(place, error);
    };
    const rounds = roundsOf(messages, view.leaders, this.#maxBatchBytes);
    await Promise.all([...rounds].map(([leader, ofLeader]) => this.#send(line, leader, ofLeader, fail, call)));
    return reported(messages, failures);
  }

  async #view(line: Line, call: Call): Promise<TopicView> {
    try {
      return await this.#topic.view(line, call);
    } catch (error) {
      this.#learn(line, error);
      throw error;
    }
  }

  async #send(
    line: Line,
    leader: number,
    rounds: readonly (readonly RecordBatch[])[],
    fail: Fail,
    call: Call,
  ): Promise<void> {
    const failAll = (from: number, error: MusterError): void => {
      for (const batch of rounds.slice(from).flat()) fail(batch, error);
    };
    let asking: Asking;
    try {
      if (leader < 0) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
      asking = await line.reach(leader);
      throwIfAborted(call, `${NAME}.${OPERATION}`);
    } catch (error) {
      this.#learn(line, error);
      return failAll(0, codedError(error, { operation: OPERATION }));
    }
    for (const [index, round] of rounds.entries()) {
      if (index > 0 && hasEnded(call)) return; // Nobody waits for what becomes of it.
      if (await this.#askRound(line, asking, round, fail, call)) continue;
      return failAll(
        index + 1,
        unavailable("it was not sent, for what was before it failed", { operation: OPERATION }),
      );
    }
  }

  /** While the broker works at one request, the next is made ready. False: one got no answer. */
  async #askRound(line: Line, asking: Asking, round: readonly RecordBatch[], fail: Fail, call: Call): Promise<boolean> {
    const asked: Promise<boolean>[] = [];
    for (const request of requestsOf(round)) {
      if (asked.length > 0) await turn();
      if (asked.length > 0 && hasEnded(call)) break;
      asked.push(this.#askOnce(line, asking, request, fail));
    }
    return (await Promise.all(asked)).every(Boolean);
  }

  async #askOnce(line: Line, asking: Asking, request: readonly RecordBatch[], fail: Fail): Promise<boolean> {
    try {
      await this.#ask(line, asking, request, fail);
      return true;
    } catch (error) {
      this.#learn(line, error);
      for (const batch of request) fail(batch, codedError(error, { operation: OPERATION, mayHaveApplied: true }));
      return false;
    }
  }

  async #ask(line: Line, asking: Asking, round: readonly RecordBatch[], fail: Fail): Promise<void> {
    const appended = await produce(asking, this.#topic.name, round, this.#link.settings);
    const codes = new Map(appended.map(({ partition, errorCode }) => [partition, errorCode]));
    for (const batch of round) {
      const code = codes.get(batch.partition) ?? ANSWERS.unknown;
      if (code === ANSWERS.none) continue;
      const error = new BrokerAnswer(code);
      this.#learn(line, error);
      fail(batch, codedError(error, { operation: OPERATION, mayHaveApplied: mayHaveApplied(code) }));
    }
  }

  /** What is wrong with the line, or with what is known of the topic, is not there for whoever comes next. */
  #learn(line: Line, error: unknown): void {
    this.#topic.forget();
    if (answerIn(error) === undefined && !isMusterError(error)) this.#link.abandon(line);
  }
}

/** @throws UNAVAILABLE where nothing is known of any message. */
function reported(messages: readonly Outgoing[], failures: ReadonlyMap<number, MusterError>): readonly BatchFailure[] {
  if (failures.size === 0) return [];
  const errors = [...new Set(failures.values())];
  const [first] = errors;
  const isNothingKnown = errors.every(
    (error) => isMusterError(error, "UNAVAILABLE") || isMusterError(error, "TIMEOUT"),
  );
  if (first !== undefined && failures.size === messages.length && isNothingKnown) {
    throw errors.find((error) => error.mayHaveApplied) ?? first;
  }
  return [...failures].map(([index, error]) => ({ index, error })).toSorted((a, b) => a.index - b.index);
}

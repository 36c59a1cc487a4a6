/** The topic of a namespace, as one line to its brokers last described it. */

import type { Call } from "@muster/core/slots";
import { ANSWERS } from "../errors.ts";
import type { Line, TopicView } from "./line.ts";
import { ensureTopic, type TopicPlan } from "./topics.ts";

/** Brokers do not tell that a topic has other partitions now: whoever needs to know asks again. */
export const FRESH_MS = 5_000;

export class Topic {
  readonly plan: TopicPlan;
  #known: { readonly line: Line; readonly view: TopicView; readonly since: number } | undefined;

  /** It has been there before. */
  #isOld = false;

  constructor(plan: TopicPlan) {
    this.plan = plan;
  }

  get name(): string {
    return this.plan.topic;
  }

  /**
   * Made if it is not there. Later than the first time some partitions may have no leader. What was described a moment ago
   * counts.
   *
   * @throws BrokerAnswer, errors of kafkajs; TIMEOUT, ABORTED
   */
  async view(line: Line, call: Call): Promise<TopicView & { readonly isNew: boolean }> {
    const known = this.#known;
    const isFresh = known !== undefined && performance.now() - known.since < FRESH_MS;
    if (isFresh && known.line === line) return { ...known.view, isNew: false };
    const described = this.#isOld ? await line.describe(this.name) : undefined;
    const isThere = described?.errorCode === ANSWERS.none && described.leaders.length > 0;
    const view = isThere ? { ...described, isNew: false } : await ensureTopic(line, this.plan, call);
    this.#isOld = true;
    this.#known = { line, view, since: performance.now() };
    return view;
  }

  /** It is not as it was described. */
  forget(): void {
    this.#known = undefined;
  }
}

/** The topic of a namespace, as one line to its brokers last described it. */

import type { Call } from "@muster/core/slots";
import { ANSWERS } from "../errors.ts";
import type { Line, TopicView } from "./line.ts";
import { ensureTopic, type TopicPlan } from "./topics.ts";

export class Topic {
  readonly plan: TopicPlan;
  #known: { readonly line: Line; readonly view: TopicView } | undefined;

  constructor(plan: TopicPlan) {
    this.plan = plan;
  }

  get name(): string {
    return this.plan.topic;
  }

  /**
   * Made if it is not there. Some partitions may have no leader now.
   *
   * @throws BrokerAnswer, errors of kafkajs; TIMEOUT, ABORTED
   */
  async view(line: Line, call: Call): Promise<TopicView & { readonly isNew: boolean }> {
    if (this.#known?.line === line) return { ...this.#known.view, isNew: false };
    const described = await line.describe(this.name);
    const isThere = described.errorCode === ANSWERS.none && described.leaders.length > 0;
    const view = isThere ? { ...described, isNew: false } : await ensureTopic(line, this.plan, call);
    this.#known = { line, view };
    return view;
  }

  /** It is not as it was described. */
  forget(): void {
    this.#known = undefined;
  }
}

/** Whether a recorded history keeps what a broker promised. */

import { type Arrival, sortedReceptions } from "./arrivals.ts";
import type { HistoryEvent } from "./events.ts";
import { type Anomaly, type Finding, findingOf } from "./finding.ts";
import { disagreements, type Order, reorders } from "./order.ts";
import { type InboxStory, type Timeline, timelineOf, type Window } from "./timeline.ts";

export interface Guarantee {
  /**
   * Both forbid losses, except those that `excuses` names. `at-most-once`: nothing arrives twice; `at-least-once`: nothing
   * arrives again once it has been acknowledged.
   */
  readonly delivery: "at-most-once" | "at-least-once";
  readonly order: Order;
  /** What was published before an inbox listened may still reach it. */
  readonly retains: boolean;
  /**
   * `fault`: whatever was published before the last fault ended may be lost. `closing`: whatever had not arrived when its
   * inbox was asked to stop listening may be lost.
   */
  readonly excuses: readonly ("fault" | "closing")[];
}

/**
 * Every way in which the history breaks the guarantee, in the order in which it shows; `[]` is a good one. It must have
 * been recorded until everything that was under way had the time to arrive.
 *
 * Only what is certain counts. A message must arrive at an inbox that was live from before it was handed over until
 * after it was accepted; it may arrive at one that was asked to listen, or to stop, meanwhile. Order is only asked of
 * messages of which one was answered before the other was handed over, and of those in one batch.
 *
 * @throws Error: nothing could have been recorded like that, such as a message that was published twice.
 */
export function checkHistory(events: readonly HistoryEvent[], guarantee: Guarantee): readonly Finding[] {
  const timeline = timelineOf(events);
  const anomalies: Anomaly[] = [];
  const arrivals = new Map<string, readonly Arrival[]>();
  for (const [inbox, story] of timeline.inboxes) {
    const sorted = sortedReceptions(inbox, story, timeline, guarantee.retains);
    arrivals.set(inbox, sorted.arrivals);
    anomalies.push(
      ...sorted.intruders,
      ...repeats(inbox, story, sorted.arrivals, guarantee),
      ...baselessAcknowledgements(inbox, story, timeline),
      ...losses(inbox, story, timeline, guarantee),
      ...reorders(inbox, sorted.arrivals, guarantee.order),
    );
  }
  if (guarantee.order === "per-address") anomalies.push(...unlessKnown(disagreements(arrivals), anomalies));
  return anomalies.sort((one, other) => one.at - other.at).map(findingOf);
}

function* repeats(
  inbox: string,
  { acknowledged }: InboxStory,
  arrivals: readonly Arrival[],
  { delivery }: Guarantee,
): Generator<Anomaly> {
  const seen = new Set<string>();
  for (const { publication, at } of arrivals) {
    const { message, address } = publication;
    const isOver = (acknowledged.get(message) ?? Number.POSITIVE_INFINITY) < at;
    if (seen.has(message) && (isOver || delivery === "at-most-once")) {
      const because = isOver ? "after it had been acknowledged" : "although nothing may arrive twice";
      yield { kind: "duplicate", inbox, message, address, at, because };
    }
    seen.add(message);
  }
}

function* baselessAcknowledgements(
  inbox: string,
  { acknowledged, receptions }: InboxStory,
  { publications }: Timeline,
): Generator<Anomaly> {
  const receivedAt = new Map(receptions.toReversed().map(({ message, at }) => [message, at]));
  for (const [message, at] of acknowledged) {
    if ((receivedAt.get(message) ?? Number.POSITIVE_INFINITY) < at) continue;
    const address = publications.get(message)?.address ?? "";
    yield { kind: "phantom", inbox, message, address, at, because: "as acknowledged without having received it" };
  }
}

function* losses(
  inbox: string,
  { windows, receptions }: InboxStory,
  { publications, calmSince }: Timeline,
  { excuses }: Guarantee,
): Generator<Anomaly> {
  const received = new Set(receptions.map(({ message }) => message));
  for (const { message, address, outcome, publishedAt, answeredAt } of publications.values()) {
    if (outcome !== "accepted" || received.has(message)) continue;
    if (excuses.includes("fault") && publishedAt < calmSince) continue;
    const isOwed = ({ liveAt, removingAt }: Window): boolean => {
      const isStillLive = removingAt === Number.POSITIVE_INFINITY;
      return liveAt < publishedAt && answeredAt < removingAt && (isStillLive || !excuses.includes("closing"));
    };
    if (!windows.get(address)?.some(isOwed)) continue;
    yield {
      kind: "loss",
      inbox,
      message,
      address,
      at: answeredAt,
      because: "although it was accepted for a live inbox",
    };
  }
}

/** A message that is late for two reasons is late once. */
function unlessKnown(more: readonly Anomaly[], known: readonly Anomaly[]): readonly Anomaly[] {
  const late = new Set(
    known.filter(({ kind }) => kind === "reorder").map(({ inbox, message }) => `${inbox} ${message}`),
  );
  return more.filter(({ inbox, message }) => !late.has(`${inbox} ${message}`));
}

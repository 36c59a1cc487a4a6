/** Whether multicasts came to those they were meant for, as often as their guarantee allows, and receipts told the truth. */

import type { CallEvent, Finally, MulticastEvent, MulticastGuarantee, SendEvent } from "./multicast-events.ts";

const KEPT: ReadonlySet<MulticastGuarantee["way"]> = new Set(["durable", "exactly-once"]);

/** One broken promise. */
export interface MulticastFinding {
  readonly text: string;
  readonly identity: string;
  /** As a sentence. */
  readonly problem: string;
  /** What happened to that message and that identity. */
  readonly evidence: readonly MulticastEvent[];
}

/** One multicast to one identity. */
interface Story {
  readonly text: string;
  readonly identity: string;
  readonly sends: readonly SendEvent[];
  readonly calls: readonly CallEvent[];
}

/**
 * Every way in which the history breaks its guarantee; `[]` is a good one. It must have been recorded until
 * nothing was under way any more. Only what is certain counts: what a dead process was about to do may have happened or not.
 */
export function checkMulticasts(
  events: readonly MulticastEvent[],
  guarantee: MulticastGuarantee,
  end: Finally,
): readonly MulticastFinding[] {
  const stories = storiesIn(events);
  const isKept = KEPT.has(guarantee.way);
  return stories.flatMap((story) => {
    const problems = [
      ...intruders(story, events),
      ...lies(story, events, guarantee),
      ...repeats(story, events, guarantee),
      ...(isKept ? losses(story, end) : []),
      ...(isKept && guarantee.order === "fifo" ? overtaken(story, stories) : []),
      ...(guarantee.way === "exactly-once" ? effects(story, end) : []),
      ...recorded(story, end),
    ];
    return problems.map((problem) => ({
      text: story.text,
      identity: story.identity,
      problem,
      evidence: evidenceOf(story, events),
    }));
  });
}

/** What happened to one multicast to one identity, event by event. */
function evidenceOf({ text, identity }: Story, events: readonly MulticastEvent[]): readonly MulticastEvent[] {
  return events.flatMap((event): readonly MulticastEvent[] => {
    if (event.kind === "death") return [event];
    if (event.kind === "take") return event.identity === identity ? [event] : [];
    if (event.text !== text) return [];
    if (event.kind === "call") return event.identity === identity ? [event] : [];
    const { told, ...send } = event;
    if (told === undefined) return [send];
    return [{ ...send, told: { ...told, receipts: told.receipts.filter((one) => one.identity === identity) } }];
  });
}

function storiesIn(events: readonly MulticastEvent[]): readonly Story[] {
  const stories = new Map<string, { text: string; identity: string; sends: SendEvent[]; calls: CallEvent[] }>();
  const storyOf = (text: string, identity: string): { sends: SendEvent[]; calls: CallEvent[] } => {
    const key = JSON.stringify([text, identity]);
    const story = stories.get(key) ?? { text, identity, sends: [], calls: [] };
    stories.set(key, story);
    return story;
  };
  for (const event of events) {
    if (event.kind === "send") for (const identity of event.to) storyOf(event.text, identity).sends.push(event);
    if (event.kind === "call") storyOf(event.text, event.identity).calls.push(event);
  }
  return [...stories.values()];
}

function nameOf({ text, identity }: Story): string {
  return `${text} for ${identity}`;
}

/** Nobody has sent it, it was not meant for this identity, or it came to where this life of the identity is not. */
function* intruders(story: Story, events: readonly MulticastEvent[]): Generator<string> {
  const { calls, sends, identity } = story;
  for (const { at, epoch, process } of calls) {
    if (!sends.some((send) => send.at < at)) yield `leak: ${nameOf(story)} is handled, and was not sent to it`;
    const isItsOwn = events.some(
      (one) =>
        one.kind === "take" &&
        one.at < at &&
        one.identity === identity &&
        one.process === process &&
        (one.told === undefined || one.told.epoch === epoch),
    );
    if (!isItsOwn) yield `stray: ${nameOf(story)} is handled in ${process}, epoch ${epoch}, which it never had`;
  }
  const ids = new Set([...calls.map(({ id }) => id), ...sends.flatMap(({ told }) => told?.id ?? [])]);
  if (ids.size > 1) yield `phantom: ${nameOf(story)} comes under ${ids.size} ids`;
}

/** A receipt that what was seen contradicts. */
function* lies(story: Story, events: readonly MulticastEvent[], { way }: MulticastGuarantee): Generator<string> {
  const { calls, identity } = story;
  for (const { told } of story.sends) {
    for (const { status, code } of told?.receipts.filter((receipt) => receipt.identity === identity) ?? []) {
      const at = told?.at ?? 0;
      const before = calls.filter(({ ended }) => ended !== undefined && ended.at < at);
      const hasEnded = (as: string): boolean => before.some(({ ended }) => ended?.as === as);
      if (way !== "at-most-once" && status === "delivered" && !hasEnded("handled"))
        yield `lie: ${nameOf(story)} reads delivered, and no handler had finished`;
      if (code === "REJECTED" && !hasEnded("rejected")) yield `lie: ${nameOf(story)} reads REJECTED, and nobody had`;
      if (code === "DEAD_LETTERED" && !hasEnded("thrown")) yield `lie: ${nameOf(story)} reads DEAD_LETTERED, untried`;
      const isEnded = status === "failed" && code !== "REJECTED" && code !== "DEAD_LETTERED";
      if (isEnded && KEPT.has(way)) yield `lie: ${nameOf(story)} reads ${code}, and nobody has ended it`;
      const isLate = calls.some(
        (one) => one.ended?.as === "handled" && one.ended.at > at && (one.at > at || !isSuperseded(one, events)),
      );
      if (status === "failed" && isLate) yield `lie: ${nameOf(story)} reads failed, and is handled after that`;
    }
  }
}

/** Somebody else has asked for its identity while it ran: what it made of the message no longer counts. */
function isSuperseded({ at, identity, ended }: CallEvent, events: readonly MulticastEvent[]): boolean {
  return events.some(
    (event) =>
      event.kind === "take" &&
      event.identity === identity &&
      (event.told?.at ?? at) >= at &&
      event.at < (ended?.at ?? at),
  );
}

/** It is handled again, and no crash, new life or failure of the handler is the reason. */
function* repeats(story: Story, events: readonly MulticastEvent[], { way }: MulticastGuarantee): Generator<string> {
  const { calls, identity } = story;
  for (const [index, again] of calls.entries()) {
    for (const earlier of calls.slice(0, index)) {
      if (earlier.id !== again.id) continue;
      if (way === "at-most-once") yield `duplicate: ${nameOf(story)} is handled twice at most once`;
      const hasThrown = earlier.ended?.as === "thrown" && earlier.ended.at < again.at;
      const hasReason = events.some(
        (event) =>
          event.at < again.at &&
          ((event.kind === "death" && event.process === earlier.process) ||
            (event.kind === "take" && event.identity === identity && (event.told?.at ?? again.at) > earlier.at)),
      );
      // Two lives of one identity, of which the earlier had not heard of its end: sent to both, or leased by it before.
      const isOfTwoLives = earlier.epoch < again.epoch;
      if (way !== "at-most-once" && !hasThrown && !hasReason && !isOfTwoLives)
        yield `duplicate: ${nameOf(story)} is handled again in ${again.process}, after ${earlier.process}`;
    }
  }
}

/** It was accepted, and has not ended; or its receipt says delivered, and nobody has handled it. */
function* losses(story: Story, end: Finally): Generator<string> {
  const { calls, identity, text } = story;
  for (const { told } of story.sends) {
    const receipt = told?.receipts.find((one) => one.identity === identity);
    if (receipt === undefined || receipt.status === "failed" || receipt.status === "timeout") continue;
    const isHandled = calls.some(({ ended }) => ended?.as === "handled" || ended?.as === "rejected");
    if (!isHandled) yield `loss: ${nameOf(story)} was accepted (${receipt.status}), and nobody has handled it`;
    const status = end.status(text, identity);
    if (status === "pending") yield `loss: ${nameOf(story)} is pending for ever`;
    if (receipt.status === "delivered" && status !== undefined && status !== "delivered")
      yield `lie: ${nameOf(story)} read delivered, and is ${status} in the end`;
  }
}

/** An earlier one for the same identity had not ended when this one was first handled. */
function* overtaken(story: Story, stories: readonly Story[]): Generator<string> {
  const first = story.calls[0];
  const sentAt = Math.min(...story.sends.map(({ at }) => at));
  if (first === undefined) return;
  for (const other of stories) {
    if (other.identity !== story.identity || other === story) continue;
    const isEarlier = other.sends.some(
      ({ told }) =>
        told !== undefined &&
        told.at < sentAt &&
        told.receipts.some(
          ({ identity, status }) => identity === other.identity && status !== "failed" && status !== "timeout",
        ),
    );
    const hasEnded = other.calls.some(
      ({ ended }) => ended !== undefined && ended.as !== "thrown" && ended.at < first.at,
    );
    if (isEarlier && !hasEnded)
      yield `reorder: ${nameOf(story)} is handled before ${nameOf(other)}, which was accepted first`;
  }
}

/** More or fewer effects than its receipt says. */
function* effects(story: Story, end: Finally): Generator<string> {
  const { text, identity } = story;
  const count = end.effects(text, identity) ?? 0;
  const status = end.status(text, identity);
  if (count > 1) yield `duplicate: ${nameOf(story)} has had its effects ${count} times`;
  if (status === "delivered" && count === 0) yield `loss: ${nameOf(story)} is delivered, without its effects`;
  if (status === "failed" && count > 0) yield `lie: ${nameOf(story)} has failed, with effects`;
}

/** It has come although it never committed, or has not come although it did. */
function* recorded(story: Story, end: Finally): Generator<string> {
  const stands = end.stands?.(story.text);
  if (stands === undefined) return;
  const { calls, sends, text, identity } = story;
  if (!stands && calls.length > 0) yield `phantom: ${nameOf(story)} is handled, and has never committed`;
  if (!stands && sends.some(({ told }) => told !== undefined)) yield `loss: ${text} was told to have committed`;
  const isMeant = sends.some(({ to }) => to.includes(identity));
  const hasCome = calls.some(({ ended }) => ended?.as === "handled" || ended?.as === "rejected");
  if (stands && isMeant && !hasCome) yield `loss: ${nameOf(story)} has committed, and nobody has handled it`;
}

/** Whether a durability store has kept what it accepted, and handed it to whom it was for, however many have died. */

import type { Settlement } from "@muster/core/slots";

/** A process asks for something; what it is told comes later, as {@link Told}, or never. */
export type DurableEvent =
  | { readonly kind: "enqueue"; readonly message: string; readonly identity: string; told?: Told }
  | {
      readonly kind: "attach";
      readonly identity: string;
      readonly session: string;
      readonly epoch: number;
      told?: Told;
    }
  | {
      readonly kind: "dequeue";
      readonly session: string;
      readonly leaseMs: number;
      readonly askedAtMs: number;
      told?: Told;
    }
  | { readonly kind: "settle"; readonly receipt: string; readonly as: Settlement["as"]; told?: Told }
  | HandedEvent;

/** One delivery comes out of a dequeue. */
export interface HandedEvent {
  readonly kind: "handed";
  /** The `dequeue` event that asked for it. */
  readonly asked: Extract<DurableEvent, { readonly kind: "dequeue" }>;
  readonly message: string;
  /** What it says it is. */
  readonly text: string;
  readonly identity: string;
  readonly epoch: number;
  readonly receipt: string;
  readonly attempt: number;
  readonly atMs: number;
}

/** The position of the answer in the history, and what it said. */
export interface Told {
  readonly at: number;
  readonly outcome: "done" | "refused";
}

export interface DurableGuarantee {
  readonly order: "none" | "fifo";
  /** Leases end by themselves. */
  readonly leasesEnd: boolean;
  /** False: what a crash has left twice, or brings back, is handed out twice. */
  readonly knowsRepetitions: boolean;
}

/** Everything about one delivery, with positions in the history. */
interface Story {
  readonly enqueued: { readonly at: number; readonly told: Told | undefined }[];
  readonly handed: { readonly at: number; readonly event: HandedEvent }[];
}

/** Of two clocks that are read apart, and a lease that ends while its answer travels. */
const TICK_MS = 5;

/**
 * Every way in which the history breaks the slot's rules, as sentences; `[]` is a good one. It must have been recorded
 * until nothing was due any more. Only what is certain counts: what a dead process had asked for may have happened or not.
 *
 * @param text what the payload of a message says.
 */
export function checkDeliveries(
  events: readonly DurableEvent[],
  guarantee: DurableGuarantee,
  text: (message: string) => string,
): readonly string[] {
  const stories = storiesIn(events);
  const settlements = settlementsIn(events);
  const ended = (story: Story, before: number): boolean =>
    story.handed.some(({ event }) =>
      (settlements.get(event.receipt) ?? []).some(
        ({ at, as, told }) => (as === "ack" || as === "dead") && at < before && told?.outcome !== "refused",
      ),
    );
  return [...stories].flatMap(([key, story]) => [
    ...intruders(key, story, events, text),
    ...losses(key, story, ended),
    ...(guarantee.knowsRepetitions ? repeats(key, story, settlements, events, guarantee) : []),
    ...(guarantee.order === "fifo" ? overtaken(key, story, stories, ended) : []),
  ]);
}

/** By message and identity. */
function storiesIn(events: readonly DurableEvent[]): ReadonlyMap<string, Story> {
  const stories = new Map<string, Story>();
  const storyOf = (message: string, identity: string): Story => {
    const key = `${message} for ${identity}`;
    const story = stories.get(key) ?? { enqueued: [], handed: [] };
    stories.set(key, story);
    return story;
  };
  for (const [at, event] of events.entries()) {
    if (event.kind === "enqueue") storyOf(event.message, event.identity).enqueued.push({ at, told: event.told });
    if (event.kind === "handed") storyOf(event.message, event.identity).handed.push({ at, event });
  }
  return stories;
}

interface Settled {
  readonly at: number;
  readonly as: Settlement["as"];
  readonly told: Told | undefined;
}

/** By receipt. */
function settlementsIn(events: readonly DurableEvent[]): ReadonlyMap<string, readonly Settled[]> {
  const settlements = new Map<string, Settled[]>();
  for (const [at, event] of events.entries()) {
    if (event.kind !== "settle") continue;
    const known = settlements.get(event.receipt) ?? [];
    settlements.set(event.receipt, known);
    known.push({ at, as: event.as, told: event.told });
  }
  return settlements;
}

/** Nobody had enqueued it, it is not what it says, or it is handed to whom it was not meant for. */
function* intruders(
  key: string,
  { enqueued, handed }: Story,
  events: readonly DurableEvent[],
  text: (message: string) => string,
): Generator<string> {
  for (const { at, event } of handed) {
    const { identity, epoch, asked, message } = event;
    if (!enqueued.some((one) => one.at < at && one.told?.outcome !== "refused"))
      yield `phantom: ${key} is handed out, and nobody has enqueued it`;
    if (event.text !== text(message)) yield `torn: ${key} says ${JSON.stringify(event.text)}`;
    const isItsOwn = events
      .slice(0, at)
      .some(
        (one) =>
          one.kind === "attach" && one.identity === identity && one.session === asked.session && one.epoch === epoch,
      );
    if (!isItsOwn) yield `leak: ${key} is handed to ${asked.session} in epoch ${epoch}, where it was never attached`;
  }
}

/** It was accepted, and nobody has ended it. */
function* losses(key: string, story: Story, ended: (story: Story, before: number) => boolean): Generator<string> {
  const isAccepted = story.enqueued.some(({ told }) => told?.outcome === "done");
  if (isAccepted && !ended(story, Number.POSITIVE_INFINITY)) yield `loss: ${key} was accepted, and has not ended`;
}

/** It is handed out again after it had ended, or while somebody else holds it. */
function* repeats(
  key: string,
  { handed }: Story,
  settlements: ReadonlyMap<string, readonly Settled[]>,
  events: readonly DurableEvent[],
  { leasesEnd }: DurableGuarantee,
): Generator<string> {
  for (const [index, { at, event }] of handed.entries()) {
    const askedAt = events.indexOf(event.asked);
    for (const earlier of handed.slice(0, index)) {
      const settled = settlements.get(earlier.event.receipt) ?? [];
      const over = settled.find(
        ({ as, told }) => as !== "retry" && as !== "release" && told?.outcome === "done" && told.at < askedAt,
      );
      if (over) yield `duplicate: ${key} is handed out after it had ended (${over.as})`;
      if (settled.some((one) => one.at < at)) continue;
      const { askedAtMs, leaseMs } = earlier.event.asked;
      const hasEnded = leasesEnd && event.atMs >= askedAtMs + leaseMs - TICK_MS;
      const leasedAt = events.indexOf(earlier.event.asked);
      const isFreed = events
        .slice(leasedAt, at)
        .some((one) => one.kind === "attach" && one.identity === event.identity);
      if (!hasEnded && !isFreed)
        yield `duplicate: ${key} is handed out while it is leased to ${earlier.event.asked.session}`;
    }
  }
}

/** An earlier one of its recipient was neither ended nor handed out with it. */
function* overtaken(
  key: string,
  story: Story,
  stories: ReadonlyMap<string, Story>,
  ended: (story: Story, before: number) => boolean,
): Generator<string> {
  const first = story.handed[0];
  const begunAt = Math.min(...story.enqueued.map(({ at }) => at));
  if (first === undefined) return;
  for (const [other, earlier] of stories) {
    if (!other.endsWith(` for ${first.event.identity}`) || ended(earlier, first.at)) continue;
    const isEarlier = earlier.enqueued.some(({ told }) => told?.outcome === "done" && told.at < begunAt);
    const isWithIt = earlier.handed.some(({ at, event }) => event.asked === first.event.asked && at < first.at);
    if (isEarlier && !isWithIt) yield `reorder: ${key} is handed out before ${other}, which was accepted first`;
  }
}

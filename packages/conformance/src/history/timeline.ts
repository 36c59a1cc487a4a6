/** A history, read once: when each thing happened, as a position in the list of events. */

import type { HistoryEvent, ListenEvent } from "./events.ts";

/** What became of one message; positions that never came are `Infinity`. */
export interface Publication {
  readonly message: string;
  readonly publisher: string;
  readonly batch: string;
  readonly address: string;
  readonly publishedAt: number;
  answeredAt: number;
  outcome: "accepted" | "refused" | "unknown";
}

/** One stretch in which an inbox listened on an address; positions that never came are `Infinity`. */
export interface Window {
  readonly addingAt: number;
  liveAt: number;
  removingAt: number;
  goneAt: number;
}

export interface Reception {
  readonly message: string;
  readonly address: string;
  readonly at: number;
}

/** What one inbox did. */
export interface InboxStory {
  readonly windows: Map<string, Window[]>;
  readonly receptions: Reception[];
  /** Where each message was acknowledged first. */
  readonly acknowledged: Map<string, number>;
}

export interface Timeline {
  readonly publications: ReadonlyMap<string, Publication>;
  readonly inboxes: ReadonlyMap<string, InboxStory>;
  /** Where the last fault ended: `-Infinity` without one, `Infinity` while one goes on. */
  readonly calmSince: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** @throws Error: the same message was published twice, which is the recorder's mistake and no backend's. */
export function timelineOf(events: readonly HistoryEvent[]): Timeline {
  const publications = new Map<string, Publication>();
  const inboxes = new Map<string, InboxStory>();
  const faults = new Map<string, number>();
  for (const [at, event] of events.entries()) {
    switch (event.kind) {
      case "publish": {
        if (publications.has(event.message)) throw new Error(`recorded as published twice: ${event.message}`);
        const { message, publisher, batch, address } = event;
        publications.set(message, {
          message,
          publisher,
          batch,
          address,
          publishedAt: at,
          answeredAt: NEVER,
          outcome: "unknown",
        });
        break;
      }
      case "answer":
        answer(publications.get(event.message), event.outcome, at);
        break;
      case "listen":
        listen(storyOf(inboxes, event.inbox), event, at);
        break;
      case "receive":
        storyOf(inboxes, event.inbox).receptions.push({ message: event.message, address: event.address, at });
        break;
      case "acknowledge": {
        const { acknowledged } = storyOf(inboxes, event.inbox);
        if (!acknowledged.has(event.message)) acknowledged.set(event.message, at);
        break;
      }
      case "fault":
        faults.set(event.fault, event.state === "ends" ? at : NEVER);
    }
  }
  return { publications, inboxes, calmSince: Math.max(...faults.values()) };
}

function answer(publication: Publication | undefined, outcome: Publication["outcome"], at: number): void {
  if (publication === undefined) throw new Error("an answer was recorded for what was never published");
  publication.answeredAt = at;
  publication.outcome = outcome;
}

function storyOf(inboxes: Map<string, InboxStory>, inbox: string): InboxStory {
  const known = inboxes.get(inbox);
  if (known !== undefined) return known;
  const story: InboxStory = { windows: new Map(), receptions: [], acknowledged: new Map() };
  inboxes.set(inbox, story);
  return story;
}

/** Adding what is there already, and removing what is not, opens and closes nothing. */
function listen({ windows }: InboxStory, { address, state }: ListenEvent, at: number): void {
  const known = windows.get(address) ?? [];
  windows.set(address, known);
  const last = known.at(-1);
  if (state === "adding") {
    if (last === undefined || last.removingAt < at) known.push(windowFrom(at));
    return;
  }
  if (last === undefined) return;
  if (state === "live") last.liveAt = Math.min(last.liveAt, at);
  else if (state === "removing") last.removingAt = Math.min(last.removingAt, at);
  else last.goneAt = Math.min(last.goneAt, at);
}

function windowFrom(addingAt: number): Window {
  return { addingAt, liveAt: NEVER, removingAt: NEVER, goneAt: NEVER };
}

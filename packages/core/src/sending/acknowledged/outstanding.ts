/** Everyone a multicast was sent to and who has not been settled, frame by frame, until they are or time is up. */

import type { Context } from "../../context.ts";
import type { MusterError } from "../../slots/index.ts";
import { Agenda } from "../../tasks/agenda.ts";
import { isNodeAddress } from "../../wire/addresses.ts";
import type { AcknowledgementFrame } from "../../wire/acknowledgement.ts";
import type { Parcel, Singles } from "../grouping.ts";
import type { Tally } from "../report.ts";
import { takeIn } from "./answers.ts";
import { settleRest } from "./leftovers.ts";
import { Pace } from "./pace.ts";
import type { Postman } from "./postman.ts";
import { nextTry, redirect } from "./redirecting.ts";
import { type FrameColumns, SentFrame, STANDING } from "./sent-frame.ts";
import type { StandingWindow } from "./standing-window.ts";
import { overdue, pauseMs, soonMs } from "./turns.ts";
import type { Found, Sought, Whereabouts } from "./whereabouts.ts";

const MAX_ENDED = 1_000;

export interface OutstandingOptions {
  readonly messaging: NonNullable<Context["messaging"]>;
  readonly postman: Postman;
  readonly whereabouts: Whereabouts;
  readonly window: StandingWindow;
  readonly tally: Tally;
  /** Of one frame without its recipients, about. */
  readonly frameBytes: number;
  /** Of the next frame: no other one that is acknowledged to the same address has it. */
  nextNumber(): number;
}

export class Outstanding {
  /** Acknowledgements of recipients that another try had settled. */
  duplicates = 0;
  readonly #options: OutstandingOptions;
  readonly #frames = new Map<number, SentFrame>();
  /** The last of those that were sent more than once: somebody may still answer the other time. */
  readonly #ended = new Map<number, SentFrame>();
  readonly #agenda = new Agenda();
  readonly #pace = new Pace();

  constructor(options: OutstandingOptions) {
    this.#options = options;
  }

  /** One message for all of them. */
  addParcel({ identities, epochs, address, bytes }: Parcel): void {
    const frame = this.#add({ identities, epochs, addresses: address });
    this.#options.postman.add({ frame, address, attempt: 1, bytes });
  }

  /** A message for each of them. */
  addSingles([identities, epochs, addresses]: Singles): void {
    const { messaging, postman, frameBytes } = this.#options;
    const most = Math.min(1_000, messaging.traits.maxBatch);
    for (let from = 0; from < identities.length; from += most) {
      const to = from + most;
      const columns = { identities: identities.slice(from, to), epochs: epochs.slice(from, to) };
      const frame = this.#add({ ...columns, addresses: addresses.slice(from, to) });
      postman.add({ frame, attempt: 1, bytes: frame.size * frameBytes });
    }
  }

  /** Nobody is attached to them now; they are looked for until time is up. */
  addAway(identities: readonly string[]): void {
    if (identities.length === 0) return;
    if (!this.#options.window.hasRoomForAway) {
      this.#options.tally.miss("failed", identities, "NO_ROUTE", "no process is attached to it");
      return;
    }
    const frame = this.#add({ identities, epochs: identities.map(() => 0) });
    this.#age(frame);
    this.#turnIn(frame, soonMs(frame));
  }

  leaving(frame: SentFrame, places: readonly number[] | undefined): void {
    frame.leftAt = performance.now();
    frame.move(places, STANDING.queued, STANDING.leaving);
  }

  /** The broker has answered, or will not. */
  published(frame: SentFrame, places: readonly number[] | undefined, error: MusterError | undefined): void {
    if (!this.#frames.has(frame.number)) return;
    frame.sentAt = performance.now();
    const isSent = error === undefined || error.mayHaveApplied;
    if (!isSent && error.code !== "NO_ROUTE" && !error.retryable) this.#refuse(frame, places, error);
    frame.refusal = isSent ? undefined : error;
    const next = isSent ? STANDING.sent : error.code === "NO_ROUTE" ? STANDING.away : STANDING.again;
    frame.move(places, STANDING.leaving, next);
    this.#plan(frame);
  }

  acknowledge(acknowledgement: AcknowledgementFrame): void {
    const frame = this.#frames.get(acknowledgement.frame) ?? this.#ended.get(acknowledgement.frame);
    if (frame === undefined) return;
    const { tally } = this.#options;
    const before = frame.open;
    const now = performance.now();
    if (frame.isFresh) this.#pace.note(now - frame.leftAt);
    frame.heardAt = now;
    const { delivered, rejected, missed, duplicates, isToTurn } = takeIn(frame, acknowledgement);
    this.duplicates += duplicates;
    if (delivered.length > 0) tally.deliver(delivered);
    for (const { identity, reason } of rejected) tally.miss("failed", [identity], "REJECTED", reason);
    for (const place of missed) this.#seek(frame, place, true);
    this.#settled(frame, before - frame.open);
    if (frame.open === 0) return;
    this.#age(frame);
    if (isToTurn) this.#turnIn(frame, soonMs(frame));
  }

  /** The registry has answered for some that were sought. */
  found(all: readonly (readonly [Sought, Found])[]): void {
    const posts = new Map<string, { frame: SentFrame; address: string; places: number[] }>();
    const touched = new Set<SentFrame>();
    for (const [sought, found] of all) {
      const { frame, place } = sought;
      const index = frame.indexOf(place);
      if (index < 0 || frame.standingAt(index) !== STANDING.looking) continue;
      touched.add(frame);
      const address = this.#decide(frame, index, sought, found);
      if (address === undefined) continue;
      const key = `${frame.number} ${isNodeAddress(address) ? address : ""}`;
      const post = posts.get(key);
      if (post === undefined) posts.set(key, { frame, address, places: [place] });
      else post.places.push(place);
    }
    for (const { frame, address, places } of posts.values()) this.#resend(frame, address, places);
    this.#options.postman.flush();
    for (const frame of touched) this.#plan(frame);
  }

  /** Time is up, or nobody wants to know any more: everyone who is left is settled by what is known. */
  end(cause: MusterError): void {
    this.#options.postman.stop();
    this.#options.whereabouts.stop();
    this.#agenda.clear();
    for (const frame of this.#frames.values()) settleRest(frame, cause, this.#options.tally);
    this.#frames.clear();
    this.#options.window.open = 0;
    this.#options.window.fresh = 0;
    this.#options.window.tell();
  }

  #add(columns: FrameColumns): SentFrame {
    const frame = new SentFrame(this.#options.nextNumber(), columns);
    this.#frames.set(frame.number, frame);
    this.#options.window.open += frame.open;
    this.#options.window.fresh += frame.open;
    return frame;
  }

  /** So many of it have been settled just now. */
  #settled(frame: SentFrame, count: number): void {
    const { window } = this.#options;
    window.open -= count;
    if (frame.isFresh) window.fresh -= count;
    if (frame.open === 0) {
      frame.turn?.[Symbol.dispose]();
      this.#frames.delete(frame.number);
      if (frame.isSentAgain) this.#remember(frame);
    }
    window.tell();
  }

  #remember(frame: SentFrame): void {
    this.#ended.set(frame.number, frame);
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > MAX_ENDED && !oldest.done) this.#ended.delete(oldest.value);
  }

  /** Whoever is left of it is slow; the next need not wait for them. */
  #age(frame: SentFrame): void {
    if (!frame.isFresh) return;
    frame.isFresh = false;
    this.#options.window.fresh -= frame.open;
    this.#options.window.tell();
  }

  #refuse(frame: SentFrame, places: readonly number[] | undefined, error: MusterError): void {
    const refused: string[] = [];
    for (const place of places ?? frame.identities.keys()) {
      const index = frame.indexOf(place);
      if (index < 0 || frame.standingAt(index) !== STANDING.leaving) continue;
      refused.push(frame.identityAt(index));
      frame.settle(index);
    }
    this.#options.tally.miss("failed", refused, error.code, error.message);
    this.#settled(frame, refused.length);
  }

  #seek(frame: SentFrame, place: number, isMissed: boolean): void {
    const identity = frame.identityAt(frame.indexOf(place));
    this.#options.whereabouts.seek({ frame, place, identity, isMissed });
  }

  /** The address to send to now; nothing: not now. */
  #decide(frame: SentFrame, index: number, sought: Sought, found: Found): string | undefined {
    const next = redirect(frame, index, sought, found);
    if (next !== "unregistered") return next?.address;
    this.#options.tally.miss("failed", [frame.identityAt(index)], "UNREGISTERED", "it is registered no longer");
    frame.settle(index);
    this.#settled(frame, 1);
    return undefined;
  }

  #resend(frame: SentFrame, address: string, places: readonly number[]): void {
    const { postman, messaging, frameBytes } = this.#options;
    const { maxBatch } = messaging.traits;
    for (const post of nextTry(frame, address, places, { frameBytes, maxBatch })) postman.add(post);
  }

  #plan(frame: SentFrame): void {
    const pause = frame.open === 0 ? undefined : pauseMs(frame, performance.now(), this.#pace);
    if (pause !== undefined) this.#turnIn(frame, pause);
  }

  /** Unless it has one before. */
  #turnIn(frame: SentFrame, ms: number): void {
    const at = performance.now() + ms;
    if (at >= frame.turnAt) return;
    frame.turn?.[Symbol.dispose]();
    frame.turnAt = at;
    frame.turn = this.#agenda.after(ms, () => this.#takeTurn(frame));
  }

  #takeTurn(frame: SentFrame): void {
    frame.turnAt = Number.POSITIVE_INFINITY;
    frame.turn = undefined;
    if (frame.open === 0) return;
    const places = overdue(frame, performance.now(), this.#pace);
    if (places.length > 0) {
      frame.turns += 1;
      this.#age(frame);
    }
    for (const place of places) this.#seek(frame, place, false);
    this.#plan(frame);
  }
}

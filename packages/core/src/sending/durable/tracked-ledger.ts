/** For stores that know what became of each delivery: they are asked, and the receivers' words only say when. */

import { compareStrings } from "@muster/filter";
import { hasEnded } from "../../slots/signals.ts";
import { type Call, type DeliveryCounts, linkCall, type TimedCall, type TrackingFacet } from "../../slots/index.ts";
import { retry } from "../../tasks/retry.ts";
import type { ReceiptsFrame } from "../../wire/receipts.ts";
import { MAX_STATUSES, type Tally } from "../report.ts";
import type { Ledger } from "./ledger.ts";
import { tallyTracked } from "./tracked-receipts.ts";
import { Wake } from "./wake.ts";

const SOURCE = "core.multicast";
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1_000;
/** Of the call's time, what is kept for reading what became of everyone. */
const MAX_READING_SHARE_MS = 500;
const MIN_READING_MS = 1_000;
const RECORDED_PAGE = 1_000;

/** Remembers numbers, and no more names than a report lists, however many recipients there are. */
export class TrackedLedger implements Ledger {
  readonly #tracking: TrackingFacet;
  readonly #id: string;
  readonly #isNew: boolean;
  readonly #wake = new Wake();
  #attached = 0;
  #offline = 0;
  /** Of those that can't be asked, the first in order. */
  #firstOffline: readonly string[] = [];
  #heard = 0;
  /** As last read; absent: not since somebody was heard of. */
  #counts: DeliveryCounts | undefined;

  /** @param isNew Nobody else has enqueued anything of it. */
  constructor(tracking: TrackingFacet, id: string, isNew: boolean) {
    this.#tracking = tracking;
    this.#id = id;
    this.#isNew = isNew;
  }

  accept(attached: readonly string[], offline: readonly string[]): void {
    this.#attached += attached.length;
    this.#offline += offline.length;
    if (offline.length > 0) this.#firstOffline = firstOf(this.#firstOffline, offline);
  }

  hear({ delivered, failed }: ReceiptsFrame): void {
    this.#heard += delivered.length + failed.length;
    this.#counts = undefined;
    this.#wake.ring();
  }

  async settled(call: TimedCall): Promise<void> {
    const until = call.deadline - Math.min(MAX_READING_SHARE_MS, (call.deadline - performance.now()) / 5);
    const isLate = (): boolean => hasEnded(call) || performance.now() >= until;
    for (let pauseMs = FIRST_LOOK_MS; this.#attached > 0 && !isLate(); pauseMs *= 2) {
      const lookAt = Math.min(until, performance.now() + Math.min(pauseMs, LONGEST_LOOK_MS));
      while (this.#heard < this.#attached && performance.now() < lookAt && !hasEnded(call))
        await this.#wake.within(lookAt - performance.now(), call);
      if (!isLate() && (await this.#hasSettled(call))) return;
      this.#heard = 0; // Whoever was heard of twice, or in an earlier life of this multicast, is no reason to look at once.
    }
  }

  async close(tally: Tally, uncertain: readonly string[]): Promise<void> {
    if (this.#isAllPending(uncertain) && !tally.showsAll) {
      tally.defer(this.#firstOffline);
      tally.count("pending", this.#offline - this.#firstOffline.length);
      return;
    }
    // Its own time: what has been done must be told even where the caller's has run out.
    using call = linkCall({}, MIN_READING_MS, SOURCE);
    const before = tally.total;
    try {
      const counts = this.#counts ?? (await retry(call, SOURCE, () => this.#tracking.counts(this.#id, call)));
      const known = await this.#recorded(uncertain, call);
      await tallyTracked(tally, { tracking: this.#tracking, id: this.#id, counts }, call);
      const unknown = uncertain.filter((identity) => !known.has(identity));
      tally.miss("timeout", unknown, "INDETERMINATE", "the store did not answer whether it keeps it");
    } catch (error) {
      tally.count("pending", Math.max(0, this.#attached + this.#offline - (tally.total - before)));
      tally.miss("timeout", uncertain, "INDETERMINATE", "the store did not answer whether it keeps it");
      throw error;
    }
  }

  /** What was accepted is all that the store has, and nobody could acknowledge any of it yet: there is nothing to ask. */
  #isAllPending(uncertain: readonly string[]): boolean {
    return this.#isNew && this.#attached === 0 && this.#heard === 0 && uncertain.length === 0;
  }

  /** Nobody is pending but those that can't be asked. */
  async #hasSettled(call: Call): Promise<boolean> {
    try {
      this.#counts = await this.#tracking.counts(this.#id, call);
      return this.#counts.pending <= this.#offline;
    } catch {
      return false; // It is asked again, and in the end its error is told.
    }
  }

  async #recorded(identities: readonly string[], call: Call): Promise<ReadonlySet<string>> {
    const asked = new Set(identities);
    const recorded = new Set<string>();
    if (asked.size === 0) return recorded;
    for await (const page of this.#tracking.deliveries(this.#id, { pageSize: RECORDED_PAGE }, call)) {
      for (const { identity } of page) if (asked.has(identity)) recorded.add(identity);
    }
    return recorded;
  }
}

/** The first of both, in order; each is in order itself. */
function firstOf(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...some, ...others.slice(0, MAX_STATUSES)].sort(compareStrings).slice(0, MAX_STATUSES);
}

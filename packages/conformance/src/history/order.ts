/** Which messages arrived in another order than they were published in. */

import type { Arrival } from "./arrivals.ts";
import type { Anomaly } from "./finding.ts";
import type { Publication } from "./timeline.ts";

export type Order = "none" | "per-publisher" | "per-address";

/**
 * Every message that came to one inbox after a later one. `per-publisher`: of the same publisher, on whatever address;
 * `per-address`: on the same address, by whatever publisher. What arrives twice counts when it comes first.
 */
export function reorders(inbox: string, arrivals: readonly Arrival[], order: Order): readonly Anomaly[] {
  if (order === "none") return [];
  const groups = new Map<string, Latest>();
  const anomalies: Anomaly[] = [];
  for (const { publication, at } of firstArrivals(arrivals)) {
    const key = order === "per-publisher" ? publication.publisher : publication.address;
    const latest = groups.get(key) ?? new Latest();
    groups.set(key, latest);
    const overtaker = latest.overtakerOf(publication);
    latest.note(publication);
    if (overtaker !== undefined) {
      anomalies.push(anomaly(inbox, publication, at, `after ${overtaker.message}, which was published later`));
    }
  }
  return anomalies;
}

/**
 * Messages on one address that were published at the same time may come in any order, but then in the same one
 * everywhere: every message that came to an inbox after another, and to the first such inbox before it.
 */
export function disagreements(arrivals: ReadonlyMap<string, readonly Arrival[]>): readonly Anomaly[] {
  const firsts = new Map<string, { readonly inbox: string; readonly places: Map<string, number> }>();
  const anomalies: Anomaly[] = [];
  for (const [inbox, all] of arrivals) {
    const arrived = new Map<string, Publication[]>();
    for (const { publication, at } of firstArrivals(all)) {
      const { address, message } = publication;
      const first = firsts.get(address) ?? { inbox, places: new Map<string, number>() };
      firsts.set(address, first);
      if (first.inbox === inbox) first.places.set(message, at);
      const place = first.places.get(message);
      if (place === undefined) continue;
      const earlier = arrived.get(address) ?? [];
      arrived.set(address, earlier);
      const other = earlier.find(
        (one) => (first.places.get(one.message) ?? 0) > place && areConcurrent(one, publication),
      );
      if (other !== undefined) {
        anomalies.push(anomaly(inbox, publication, at, `after ${other.message}, unlike ${first.inbox}`));
      }
      earlier.push(publication);
    }
  }
  return anomalies;
}

function anomaly(inbox: string, { message, address }: Publication, at: number, because: string): Anomaly {
  return { kind: "reorder", inbox, message, address, at, because };
}

/** The latest that has arrived of one group. */
class Latest {
  #overall: Publication | undefined;
  readonly #byBatch = new Map<string, Publication>();

  note(publication: Publication): void {
    this.#overall = later(this.#overall, publication);
    this.#byBatch.set(publication.batch, later(this.#byBatch.get(publication.batch), publication));
  }

  overtakerOf(publication: Publication): Publication | undefined {
    return [this.#byBatch.get(publication.batch), this.#overall].find(
      (candidate) => candidate !== undefined && precedes(publication, candidate),
    );
  }
}

function later(one: Publication | undefined, other: Publication): Publication {
  return one !== undefined && one.publishedAt > other.publishedAt ? one : other;
}

/** For certain: in the same batch, or answered before the other was handed over. */
function precedes(one: Publication, other: Publication): boolean {
  if (one.batch === other.batch) return one.publishedAt < other.publishedAt;
  return one.answeredAt < other.publishedAt;
}

function areConcurrent(one: Publication, other: Publication): boolean {
  return !precedes(one, other) && !precedes(other, one);
}

function firstArrivals(arrivals: readonly Arrival[]): readonly Arrival[] {
  const seen = new Set<string>();
  return arrivals.filter(({ publication: { message } }) => !seen.has(message) && seen.add(message));
}

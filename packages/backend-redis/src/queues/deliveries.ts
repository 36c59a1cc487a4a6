/** What became of the deliveries of one multicast, in order of identity. */

import type { TrackedDelivery } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { RedisCall } from "../client.ts";
import { chunksScript, pagesScript } from "../scripts/queues/tracking.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { type Details, detailsIn } from "./details.ts";
import { run, type Space } from "./space.ts";

/** Of pages that one script reads. */
const MOST_PAGES = 4;
const EXPIRED = "nobody had handled it when its time to live was over";

/** What was enqueued by one call, or by several that overlap: between which identities, and on which pages. */
interface Stretch {
  readonly first: string;
  last: string;
  readonly pages: number[];
}

export interface Stretches {
  /** The message's number. */
  readonly message: string;
  readonly stretches: readonly Stretch[];
}

/** In order of identity, and none overlaps another. */
export async function stretchesOf(space: Space, id: string, call: RedisCall): Promise<Stretches | undefined> {
  const reply = await run(space, chunksScript, [id], call);
  if (reply === null) return undefined;
  const [message, lines] = listIn(reply);
  const chunks = listIn(lines).map((line) => bytesIn(line).toString().split("\0"));
  chunks.sort(([one = ""], [other = ""]) => compareStrings(one, other));
  const stretches: Stretch[] = [];
  for (const [first = "", last = "", from, to] of chunks) {
    const before = stretches.at(-1);
    const overlaps = before !== undefined && compareStrings(first, before.last) <= 0;
    const stretch = overlaps ? before : { first, last, pages: [] };
    if (stretch !== before) stretches.push(stretch);
    if (compareStrings(last, stretch.last) > 0) stretch.last = last;
    for (let page = Number(from); page <= Number(to); page += 1) stretch.pages.push(page);
  }
  return { message: bytesIn(message).toString(), stretches };
}

/** All of one stretch, in order, as it is now. */
export async function deliveriesIn(
  space: Space,
  message: string,
  { pages }: Stretch,
  call: RedisCall,
): Promise<readonly TrackedDelivery[]> {
  const all: TrackedDelivery[] = [];
  for (let at = 0; at < pages.length; at += MOST_PAGES) {
    const reply = await run(space, pagesScript, [message, ...pages.slice(at, at + MOST_PAGES)], call);
    const [over, read] = listIn(reply);
    for (const page of listIn(read)) all.push(...trackedOn(listIn(page), numberIn(over) === 1));
  }
  return all.sort((one, other) => compareStrings(one.identity, other.identity));
}

/** When its retention is over, what has been settled is known no more, but dead letters are. */
const STATUSES: Readonly<Record<string, TrackedDelivery["status"]>> = {
  ...{ q: "pending", l: "pending", m: "pending", p: "pending", s: "pending", k: "pending" },
  ...{ d: "delivered", D: "delivered", x: "failed", X: "failed", f: "failed", F: "failed" },
};
const KEPT = new Set("qlmpskf");

function trackedOn([text, states, details]: readonly unknown[], isOver: boolean): readonly TrackedDelivery[] {
  const found = new Map<number, Details>();
  const list = listIn(details);
  for (let at = 0; at < list.length; at += 2)
    found.set(numberIn(list[at]), detailsIn(bytesIn(list[at + 1]).toString()));
  const parts = bytesIn(text).toString().split("\0");
  return Array.from(bytesIn(states).toString(), (state, index) => ({ state, index })).flatMap(
    ({ state, index }): readonly TrackedDelivery[] => {
      const status = STATUSES[state];
      if (status === undefined || (isOver && !KEPT.has(state))) return [];
      const own = found.get(index + 1);
      const attempts = own?.attempts ?? ("lmd".includes(state) ? 1 : 0);
      const identity = parts[2 * index] ?? "";
      if (status !== "failed") return [{ identity, status, code: undefined, reason: undefined, attempts }];
      if (own === undefined || state === "X") return [{ identity, status, code: "EXPIRED", reason: EXPIRED, attempts }];
      return [{ identity, status, code: own.code, reason: own.reason, attempts }];
    },
  );
}

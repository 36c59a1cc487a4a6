/** Where those are sent to now who were looked up again, and how. */

import { isNodeAddress } from "../../wire/addresses.ts";
import type { Post } from "./post.ts";
import { type SentFrame, STANDING } from "./sent-frame.ts";
import type { Found, Sought } from "./whereabouts.ts";

/** `unregistered`: nobody has handled it, and nobody will. `undefined`: not now. */
export type Redirection = { readonly address: string } | "unregistered" | undefined;

/** Puts the recipient at `index` where it is now. */
export function redirect(frame: SentFrame, index: number, { isMissed }: Sought, found: Found): Redirection {
  if (found === "gone" && !frame.mayBeHandled(index)) return "unregistered";
  if (found === "gone" || found === "away") {
    frame.put(index, STANDING.away);
    return undefined;
  }
  const known = { address: frame.addressAt(index), epoch: frame.epochAt(index) };
  const { address = "", epoch } = found === "unknown" ? known : found;
  if (address === "" || (isMissed && address === known.address && epoch === known.epoch)) {
    frame.put(index, address === "" ? STANDING.away : STANDING.again);
    return undefined;
  }
  frame.moveTo(index, address, epoch);
  return { address };
}

/** The next try for these places, all of which are at that address, or each at one of its own; no more of these than a batch has. */
export function* nextTry(
  frame: SentFrame,
  address: string,
  places: readonly number[],
  { frameBytes, maxBatch }: { readonly frameBytes: number; readonly maxBatch: number },
): Generator<Post, void, undefined> {
  const indices = places.map((place) => frame.indexOf(place));
  const attempt = 1 + Math.max(...indices.map((index) => frame.attemptAt(index)));
  for (const index of indices) {
    frame.put(index, STANDING.queued);
    frame.putAttempt(index, attempt);
  }
  if (isNodeAddress(address)) {
    yield { frame, places, attempt, address, bytes: frameBytes + 40 * places.length };
    return;
  }
  for (let from = 0; from < places.length; from += maxBatch) {
    const part = places.slice(from, from + maxBatch);
    yield { frame, places: part, attempt, bytes: part.length * frameBytes };
  }
}

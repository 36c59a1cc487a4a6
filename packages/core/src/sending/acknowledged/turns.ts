/** When a frame is looked at again, and which of its recipients are sent to again then. */

import { backoffMs } from "../../tasks/retry.ts";
import { REPEATED_WITHIN_MS } from "../../wire/acknowledgement.ts";
import type { Pace } from "./pace.ts";
import { type SentFrame, STANDING } from "./sent-frame.ts";

/** Of a running handler nothing has been heard for so long that its process may be gone. */
const QUIET_MS = 2.5 * REPEATED_WITHIN_MS;
/** The least pause before somebody is sent to again. */
const MIN_PAUSE_MS = 10;

/** Places whose recipients have waited long enough: they are to be sought, and sent to where they are found. */
export function overdue(frame: SentFrame, now: number, pace: Pace): number[] {
  const isUnanswered = now - frame.sentAt >= pace.patienceMs;
  const isQuiet = now - Math.max(frame.heardAt, frame.sentAt) >= QUIET_MS;
  const places: number[] = [];
  for (let index = 0; index < frame.size; index += 1) {
    const standing = frame.standingAt(index);
    const isLost = (standing === STANDING.sent && isUnanswered) || (standing === STANDING.running && isQuiet);
    if (!isLost && standing !== STANDING.again && standing !== STANDING.away) continue;
    frame.put(index, STANDING.looking, isLost);
    places.push(frame.placeAt(index));
  }
  return places;
}

/** How long until its next turn, from now on; nothing: not before something else happens. */
export function pauseMs(frame: SentFrame, now: number, pace: Pace): number | undefined {
  let pause: number | undefined;
  let quiet: number | undefined;
  for (let index = 0; index < frame.variety; index += 1) {
    const standing = frame.standingAt(index);
    if (standing === STANDING.again || standing === STANDING.away) return soonMs(frame);
    if (standing === STANDING.sent) pause ??= frame.sentAt - now + pace.patienceMs + backoffMs(frame.turns);
    else if (standing === STANDING.running) quiet ??= Math.max(frame.heardAt, frame.sentAt) - now + QUIET_MS;
  }
  if (pause === undefined && quiet === undefined) return undefined;
  return Math.max(MIN_PAUSE_MS, Math.min(pause ?? Number.POSITIVE_INFINITY, quiet ?? Number.POSITIVE_INFINITY));
}

/** For whoever is known to need another try. */
export function soonMs(frame: SentFrame): number {
  return MIN_PAUSE_MS + backoffMs(frame.turns);
}

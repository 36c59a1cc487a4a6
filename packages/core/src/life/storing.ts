/** Puts the entry of a registration into the store, and finds out whether it stands there. */

import { type Host, undoAttempt } from "../host.ts";
import { addressOf } from "./own-address.ts";
import { backoffMs, pause, retry, retryFrom } from "../tasks/retry.ts";
import type { Served } from "./served.ts";
import { type Call, isMusterError, type SetEntry, type SetOutcome } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";

const SOURCE = "core.register";

/** An entry that has been sent for `served`, at `sentAt` (monotonic), and what comes of it. */
interface Sent {
  readonly entry: SetEntry & { readonly session: string };
  readonly sentAt: number;
  readonly outcome: Promise<SetOutcome>;
}

/** Mostly the first outcome is the last one: thousands that wait for it at once keep no more than they must. */
export function store(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<SetOutcome> {
  if (!host.session.live || hasEnded(call)) return storeInTurns(host, served, mode, call);
  const sent = send(host, served, mode, host.session.id, call);
  return sent.outcome.then(
    (outcome) => (note(host, served, sent, outcome, call) ? outcome : storeInTurns(host, served, mode, call, sent)),
    () => storeInTurns(host, served, mode, call, sent),
  );
}

function send(host: Host, served: Served, mode: "create" | "replace", session: string, call: Call): Sent {
  const { identity, ttlMs, sessionBound } = served.options;
  const { metadata } = served;
  const address = addressOf(host, served);
  const attempt = host.nextAttempt();
  const entry = { identity, metadata, ttlMs, session, address, sessionBound, attempt, mode };
  return { entry, sentAt: performance.now(), outcome: host.batches.sets.submit(entry, call) };
}

/** Whether that outcome is the last: refused for good, or stored while its session lives and the caller waits. */
function note(host: Host, served: Served, { entry, sentAt }: Sent, outcome: SetOutcome, call: Call): boolean {
  if (!("stored" in outcome)) return outcome.refused !== "session";
  if (!host.session.live || host.session.id !== entry.session || hasEnded(call)) return false;
  const { ttlMs, sessionBound } = served.options;
  served.session = entry.session;
  served.deadline = sessionBound || ttlMs === undefined ? Number.POSITIVE_INFINITY : sentAt + ttlMs;
  return true;
}

/** Asks again with the same attempt until the outcome is known; what the caller gives up on is deleted by attempt. */
async function storeInTurns(
  host: Host,
  served: Served,
  mode: "create" | "replace",
  call: Call,
  first?: Sent,
): Promise<SetOutcome> {
  const { identity } = served.options;
  for (let tries = 0, begun = first; ; tries += 1, begun = undefined) {
    const sent = begun ?? send(host, served, mode, await host.session.ready(call), call);
    const { entry } = sent;
    let mayStand = false;
    try {
      const outcome = await retryFrom(sent.outcome, call, SOURCE, () => host.batches.sets.submit(entry, call));
      mayStand = "stored" in outcome;
      if (note(host, served, sent, outcome, call)) return outcome;
      if (mayStand) {
        // The session died while its reply was on the way: nobody would keep this registration alive, and it may stand in
        // the way of the next attempt.
        await retry(call, SOURCE, () => host.batches.deletes.submit({ identity, attempt: entry.attempt }, call));
      } else if (await retry(call, SOURCE, () => host.session.renew(call))) {
        // Otherwise it has found out that the session is dead, and its successor is what comes next.
        await pause(backoffMs(tries), call);
      }
    } catch (cause) {
      if (mayStand || (isMusterError(cause) && cause.mayHaveApplied)) undoAttempt(host, identity, entry.attempt);
      throw cause;
    }
  }
}

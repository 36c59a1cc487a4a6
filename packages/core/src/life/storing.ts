/** Puts the entry of a registration into the store, and finds out whether it stands there. */

import { type Host, undoAttempt } from "../host.ts";
import { addressOf } from "./own-address.ts";
import { backoffMs, pause, retry, retryFrom } from "../tasks/retry.ts";
import { type Settler, settled, settleWith } from "../tasks/settler.ts";
import type { Served } from "./served.ts";
import { type Call, isMusterError, type SetEntry, type SetOutcome } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";

const SOURCE = "core.register";

/** An entry that has been sent for `served`, at `sentAt` (monotonic). */
interface Sent {
  readonly entry: SetEntry & { readonly session: string };
  readonly sentAt: number;
}

/** What is to be stored, and for whom. */
interface Storing {
  readonly host: Host;
  readonly served: Served;
  readonly mode: "create" | "replace";
  readonly call: Call;
}

/** Tells the outcome that is known to be the last. Rejects with TIMEOUT, ABORTED, and what the registry throws for good. */
export function store(storing: Storing, settler: Settler<SetOutcome>): void {
  const { host, call } = storing;
  if (!host.session.live || hasEnded(call)) settleWith(settler, storeInTurns(storing));
  else new FirstTry(storing, host.session.id, settler).begin();
}

/** Mostly the first outcome is the last one: thousands that wait for it at once keep no more than they must. */
export class FirstTry implements Settler<SetOutcome> {
  readonly #storing: Storing;
  readonly #settler: Settler<SetOutcome>;
  readonly #sent: Sent;

  constructor(storing: Storing, session: string, settler: Settler<SetOutcome>) {
    this.#storing = storing;
    this.#settler = settler;
    this.#sent = { entry: entryOf(storing, session), sentAt: performance.now() };
  }

  begin(): void {
    const { host, call } = this.#storing;
    host.batches.sets.enter(this.#sent.entry, this, call);
  }

  resolve(outcome: SetOutcome): void {
    if (note(this.#storing, this.#sent, outcome)) this.#settler.resolve(outcome);
    else this.#goOn(Promise.resolve(outcome));
  }

  reject(error: unknown): void {
    this.#goOn(settled((settler) => settler.reject(error)));
  }

  #goOn(outcome: Promise<SetOutcome>): void {
    settleWith(this.#settler, storeInTurns(this.#storing, { ...this.#sent, outcome }));
  }
}

function entryOf({ host, served, mode }: Storing, session: string): Sent["entry"] {
  const { identity, ttlMs, sessionBound } = served.options;
  const { metadata } = served;
  const address = addressOf(host, served);
  return { identity, metadata, ttlMs, session, address, sessionBound, attempt: host.nextAttempt(), mode };
}

/** Whether that outcome is the last: refused for good, or stored while its session lives and the caller waits. */
function note({ host, served, call }: Storing, { entry, sentAt }: Sent, outcome: SetOutcome): boolean {
  if (!("stored" in outcome)) return outcome.refused !== "session";
  if (!host.session.live || host.session.id !== entry.session || hasEnded(call)) return false;
  const { ttlMs, sessionBound } = served.options;
  served.session = entry.session;
  served.deadline = sessionBound || ttlMs === undefined ? Number.POSITIVE_INFINITY : sentAt + ttlMs;
  return true;
}

function send(storing: Storing, session: string): Sent & { readonly outcome: Promise<SetOutcome> } {
  const { host, call } = storing;
  const entry = entryOf(storing, session);
  return { entry, sentAt: performance.now(), outcome: host.batches.sets.submit(entry, call) };
}

/** Asks again with the same attempt until the outcome is known; what the caller gives up on is deleted by attempt. */
async function storeInTurns(
  storing: Storing,
  first?: Sent & { readonly outcome: Promise<SetOutcome> },
): Promise<SetOutcome> {
  const { host, served, call } = storing;
  const { identity } = served.options;
  for (let tries = 0, begun = first; ; tries += 1, begun = undefined) {
    const sent = begun ?? send(storing, await host.session.ready(call));
    const { entry } = sent;
    let mayStand = false;
    try {
      const outcome = await retryFrom(sent.outcome, call, SOURCE, () => host.batches.sets.submit(entry, call));
      mayStand = "stored" in outcome;
      if (note(storing, sent, outcome)) return outcome;
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

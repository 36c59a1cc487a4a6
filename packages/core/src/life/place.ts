/** Puts a registration into the store so that, once it stands there, messages can reach it. */

import { keepAlive } from "./keep-alive.ts";
import { type Host, undoAttempt } from "../host.ts";
import type { Expectation } from "../receiving/node.ts";
import { endAddress, holdAddress } from "./own-address.ts";
import { backoffMs, pause, retry, retryFrom } from "../tasks/retry.ts";
import type { Served } from "./served.ts";
import { type Call, isMusterError, type Registration, type SetEntry, type SetOutcome } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";

const SOURCE = "core.register";

/** A refusal is the caller's to interpret. */
export type Placed = { readonly placed: Registration } | Exclude<SetOutcome, { readonly stored: Registration }>;

/**
 * Stores `served` under a new epoch and makes it live: route first, then the record, then the receiver. Whatever fails,
 * what was done before is undone.
 *
 * @throws TIMEOUT, ABORTED; what the slots throw that can't be retried.
 */
export function place(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<Placed> {
  if (served.mailbox !== undefined) return placeReceiver(host, served, mode, call);
  const { identity } = served.options;
  host.served.begin(identity);
  return store(host, served, mode, call).then(
    (outcome) => {
      const placed = "stored" in outcome ? adopt(host, served, outcome.stored) : outcome;
      host.served.settle(identity);
      return placed;
    },
    (error: unknown) => {
      host.served.settle(identity);
      throw error;
    },
  );
}

async function placeReceiver(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<Placed> {
  let expectation: Expectation | undefined;
  let isPlaced = false;
  host.served.begin(served.options.identity);
  try {
    expectation = await openRoute(host, served, call);
    const outcome = await store(host, served, mode, call);
    if (!("stored" in outcome)) return outcome;
    isPlaced = true;
    const placed = adopt(host, served, outcome.stored);
    // What was held is handed over now: only a registration that lives is handed anything.
    if (served.mailbox === undefined || !served.isLive) expectation?.cancel();
    else expectation?.attach(outcome.stored.epoch, served.mailbox);
    return placed;
  } finally {
    host.served.settle(served.options.identity);
    if (!isPlaced) closeRoute(host, served, expectation);
  }
}

/** The address under which a registration is stored: none without a receiver, unless it names one of its own. */
export function addressOf(host: Host, served: Served): string | undefined {
  return served.options.address ?? (served.mailbox === undefined ? undefined : host.node?.address);
}

/** Resolves when messages can arrive here; they are held from then on. */
async function openRoute(host: Host, served: Served, call: Call): Promise<Expectation | undefined> {
  const { node } = host;
  if (node === undefined) return undefined;
  await node.open(call);
  await holdAddress(host, served, call);
  return node.expect(served.options.identity);
}

function closeRoute(host: Host, served: Served, expectation: Expectation | undefined): void {
  expectation?.cancel();
  if (served.state === "new") endAddress(host, served);
}

/** An entry that has been sent for `served`, at `sentAt` (monotonic), and what comes of it. */
interface Sent {
  readonly entry: SetEntry & { readonly session: string };
  readonly sentAt: number;
  readonly outcome: Promise<SetOutcome>;
}

/** Mostly the first outcome is the last one: thousands that wait for it at once keep no more than they must. */
function store(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<SetOutcome> {
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

/** It lives, unless another life has begun here meanwhile. */
function adopt(host: Host, served: Served, stored: Registration): Placed {
  const { identity } = served.options;
  const former = host.served.get(identity);
  served.epoch = stored.epoch;
  served.revision = stored.revision;
  served.state = "live";
  if (former !== undefined && former !== served && former.epoch > stored.epoch) {
    host.lose(served, "replaced");
    return { placed: stored };
  }
  const lost = host.served.getLost(identity);
  host.served.set(served);
  if (lost !== undefined && lost !== served) host.lose(lost, "replaced");
  if (former !== undefined && former !== served) host.lose(former, "replaced");
  keepAlive(host, served);
  return { placed: stored };
}

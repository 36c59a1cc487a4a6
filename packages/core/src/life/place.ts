/** Puts a registration into the store so that, once it stands there, messages can reach it. */

import { keepAlive } from "./keep-alive.ts";
import { type Host, undoAttempt } from "../host.ts";
import type { Expectation } from "../receiving/node.ts";
import { endAddress, holdAddress } from "./own-address.ts";
import { backoffMs, pause, retry } from "../tasks/retry.ts";
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
export async function place(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<Placed> {
  let expectation: Expectation | undefined;
  let stored: Registration | undefined;
  host.served.begin(served.options.identity);
  try {
    if (served.mailbox !== undefined) expectation = await openRoute(host, served, call);
    const outcome = await store(host, served, mode, call);
    if (!("stored" in outcome)) return outcome;
    stored = outcome.stored;
    adopt(host, served, stored);
    // What was held is handed over now: only a registration that lives is handed anything.
    if (served.mailbox === undefined || !served.isLive) expectation?.cancel();
    else expectation?.attach(stored.epoch, served.mailbox);
    return { placed: stored };
  } finally {
    host.served.settle(served.options.identity);
    if (stored === undefined) closeRoute(host, served, expectation);
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

/** Asks again with the same attempt until the outcome is known; what the caller gives up on is deleted by attempt. */
async function store(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<SetOutcome> {
  const { identity, ttlMs, sessionBound } = served.options;
  for (let tries = 0; ; tries += 1) {
    const session = host.session.live ? host.session.id : await host.session.ready(call);
    const attempt = host.nextAttempt();
    const address = addressOf(host, served);
    const entry: SetEntry = {
      identity,
      metadata: served.metadata,
      ttlMs,
      session,
      address,
      sessionBound,
      attempt,
      mode,
    };
    const sentAt = performance.now();
    let mayStand = false;
    try {
      const outcome = await retry(call, SOURCE, () => host.batches.sets.submit(entry, call));
      mayStand = "stored" in outcome;
      if ("refused" in outcome && outcome.refused === "session") {
        // Finds out that it is dead, so that its successor is what comes next.
        if (await retry(call, SOURCE, () => host.session.renew(call))) await pause(backoffMs(tries), call);
        continue;
      }
      if (!mayStand || (host.session.live && host.session.id === session && !hasEnded(call))) {
        served.session = session;
        served.deadline = sessionBound || ttlMs === undefined ? Number.POSITIVE_INFINITY : sentAt + ttlMs;
        return outcome;
      }
      // The session died while its reply was on the way: nobody would keep this registration alive, and it may stand in
      // the way of the next attempt.
      await retry(call, SOURCE, () => host.batches.deletes.submit({ identity, attempt }, call));
    } catch (cause) {
      if (mayStand || (isMusterError(cause) && cause.mayHaveApplied)) undoAttempt(host, identity, attempt);
      throw cause;
    }
  }
}

function adopt(host: Host, served: Served, stored: Registration): void {
  const former = host.served.get(served.options.identity);
  served.epoch = stored.epoch;
  served.revision = stored.revision;
  served.state = "live";
  if (former !== undefined && former !== served && former.epoch > stored.epoch) {
    host.lose(served, "replaced");
    return;
  }
  const lost = host.served.getLost(served.options.identity);
  host.served.set(served);
  if (lost !== undefined && lost !== served) host.lose(lost, "replaced");
  if (former !== undefined && former !== served) host.lose(former, "replaced");
  keepAlive(host, served);
}

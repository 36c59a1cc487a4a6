/** Puts a registration into the store so that, once it stands there, messages can reach it. */

import { randomUUID } from "node:crypto";
import { keepAlive } from "./keep-alive.ts";
import { type Host, undoAttempt } from "../host.ts";
import type { Expectation } from "../receiving/node.ts";
import { endAddress, holdAddress } from "./own-address.ts";
import { retry } from "../tasks/retry.ts";
import type { Served } from "./served.ts";
import { type Call, isMusterError, type Registration, type SetEntry, type SetOutcome } from "../slots/index.ts";

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
  const { identity } = served.options;
  using _pending = host.served.pending(identity);
  const route = await openRoute(host, served, call);
  try {
    const outcome = await store(host, served, mode, call);
    if (!("stored" in outcome)) {
      route.undo();
      return outcome;
    }
    const { stored } = outcome;
    if (served.mailbox !== undefined) route.expectation?.attach(stored.epoch, served.mailbox);
    adopt(host, served, stored);
    return { placed: stored };
  } catch (error) {
    route.undo();
    throw error;
  }
}

/** The address under which a registration is stored: none without a receiver, unless it names one of its own. */
export function addressOf(host: Host, served: Served): string | undefined {
  return served.options.address ?? (served.mailbox === undefined ? undefined : host.node?.address);
}

interface Route {
  readonly expectation: Expectation | undefined;
  undo(): void;
}

async function openRoute(host: Host, served: Served, call: Call): Promise<Route> {
  const { node } = host;
  if (node === undefined || served.mailbox === undefined) return { expectation: undefined, undo: () => {} };
  await node.open(call);
  const expectation = node.expect(served.options.identity);
  const undo = (): void => {
    expectation.cancel();
    if (served.state === "new") endAddress(host, served);
  };
  try {
    await holdAddress(host, served, call);
    return { expectation, undo };
  } catch (error) {
    undo();
    throw error;
  }
}

/** Asks again with the same attempt until the outcome is known; what the caller gives up on is deleted by attempt. */
async function store(host: Host, served: Served, mode: "create" | "replace", call: Call): Promise<SetOutcome> {
  const { identity, ttlMs, sessionBound } = served.options;
  for (;;) {
    const session = await host.session.ready(call);
    const attempt = randomUUID();
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
    try {
      const outcome = await retry(call, SOURCE, () => host.batches.sets.submit(entry, call));
      const stands = "stored" in outcome;
      if (!stands && outcome.refused === "session") {
        await retry(call, SOURCE, () => host.session.renew(call)); // Finds out that it is dead, so that its successor is what comes next.
        continue;
      }
      if (!stands || (host.session.live && host.session.id === session && !call.signal.aborted)) {
        served.session = session;
        served.deadline = sessionBound || ttlMs === undefined ? Number.POSITIVE_INFINITY : sentAt + ttlMs;
        return outcome;
      }
      // The session died while its reply was on the way: nobody would keep this registration alive.
      undoAttempt(host, identity, attempt);
    } catch (cause) {
      if (isMusterError(cause) && cause.mayHaveApplied) undoAttempt(host, identity, attempt);
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
  host.served.set(served);
  if (former !== undefined && former !== served) host.lose(former, "replaced");
  keepAlive(host, served);
}

/** Rewrites a registration that this process serves, keeping its epoch. */

import type { Metadata } from "@muster/filter";
import type { Host } from "../host.ts";
import { retry } from "../tasks/retry.ts";
import type { Served } from "./served.ts";
import { type Call, MusterError, type Registration, type SetEntry } from "../slots/index.ts";

const MAX_CONFLICTS = 5;

/** What is to be written, as a function of what stands there. */
export interface Rewrite {
  readonly source: string;
  readonly address: string | undefined;
  metadata(current: Metadata): Metadata;
}

/**
 * Stores the rewritten registration and takes note of it. The only one who can have written the same epoch in between is
 * this process, by a call whose outcome it gave up: its result is what `metadata` then gets.
 *
 * @throws FENCED when another life stands there or none, after telling the handle; CONFLICT; TIMEOUT, ABORTED; what
 * `metadata` throws. Whenever it throws, the handle is unchanged.
 */
export async function rewrite(host: Host, served: Served, change: Rewrite, call: Call): Promise<void> {
  const { source } = change;
  const { identity, ttlMs, sessionBound } = served.options;
  if (served.state !== "live") throw fenced(served, source);
  const { epoch, session } = served;
  let base: Pick<Registration, "metadata" | "revision"> = served;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const metadata = change.metadata(base.metadata);
    const { address } = change;
    const mode = { epoch, revision: base.revision };
    const entry: SetEntry = {
      identity,
      metadata,
      ttlMs,
      session,
      address,
      sessionBound,
      attempt: host.nextAttempt(),
      mode,
    };
    const outcome = await retry(call, source, () => host.batches.sets.submit(entry, call));
    if ("stored" in outcome) {
      served.metadata = metadata;
      served.revision = outcome.stored.revision;
      return;
    }
    if (outcome.refused === "session") {
      await retry(call, source, () => host.session.renew(call)); // Finds out that it is dead, which is told to the handle.
      throw fenced(served, source);
    }
    const current =
      outcome.refused === "conflict" ? (outcome.current ?? (await read(host, identity, source, call))) : undefined;
    if (current?.epoch !== epoch) {
      host.lose(served, outcome.refused === "fenced" && outcome.current === undefined ? "expired" : "fenced");
      throw fenced(served, source);
    }
    base = current;
  }
  throw new MusterError({
    code: "CONFLICT",
    source,
    subject: identity,
    message: "it was changed again and again meanwhile",
  });
}

async function read(
  { registry }: Host,
  identity: string,
  source: string,
  call: Call,
): Promise<Registration | undefined> {
  const [current] = await retry(call, source, () => registry.getMany([identity], call));
  return current;
}

export function fenced(served: Served, source: string): MusterError<"FENCED"> {
  const message =
    served.state === "lost" ? "its registration was lost and is being restored" : "its registration has ended";
  return new MusterError({ code: "FENCED", source, subject: served.options.identity, message });
}

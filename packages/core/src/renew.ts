import type { Host } from "./host.ts";
import { noteRenewal } from "./life/keep-alive.ts";
import { retry } from "./tasks/retry.ts";
import { fenced } from "./life/rewrite.ts";
import type { Served } from "./life/served.ts";
import { type Call, type LeaseOutcome, MusterError } from "./slots/index.ts";

const SOURCE = "core.renew";

/**
 * A sign of life. Gives the new `expiresAt` (epoch ms, store's clock), or `undefined` where there is none because the
 * session keeps the registration: then the session is renewed, and the registration looked at.
 *
 * @throws FENCED: another life stands there; NOT_FOUND: it has expired, and nothing revives it; TIMEOUT, ABORTED.
 */
export async function renew(host: Host, served: Served, call: Call): Promise<number | undefined> {
  if (served.state !== "live") throw fenced(served, SOURCE);
  const { identity, sessionBound } = served.options;
  const { epoch } = served;
  if (sessionBound) await retry(call, SOURCE, () => host.session.renew(call));
  let sentAt = 0;
  const outcome = await retry(call, SOURCE, () => {
    sentAt = performance.now();
    return host.batches.leases.submit({ identity, epoch }, call);
  });
  if (served.state === "live" && served.epoch === epoch) noteRenewal(host, served, outcome, sentAt);
  return expiryOf(outcome, identity);
}

function expiryOf(outcome: LeaseOutcome, identity: string): number | undefined {
  if (typeof outcome === "number") return outcome;
  if (outcome === "never") return undefined;
  if (outcome === "fenced") {
    throw new MusterError({
      code: "FENCED",
      source: SOURCE,
      subject: identity,
      message: "another registration stands there now",
    });
  }
  throw new MusterError({
    code: "NOT_FOUND",
    source: SOURCE,
    subject: identity,
    message: "it has expired, or was unregistered",
  });
}

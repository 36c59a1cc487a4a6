/** What happens when a registration's life ends without this process wanting it. */

import { codedError } from "../call.ts";
import type { LostReason } from "../fleet.ts";
import type { Host } from "../host.ts";
import { inOrder } from "../tasks/in-order.ts";
import { type Placed, place } from "./place.ts";
import { endReceiver, release } from "./release.ts";
import { backoffMs } from "../tasks/retry.ts";
import { settled } from "../tasks/settler.ts";
import type { Served } from "./served.ts";
import { type Call, MusterError } from "../slots/index.ts";

const SOURCE = "core.restore";

/** Tells the handle and, unless that is what ended it or the caller said otherwise, registers the identity again. */
export function lose(host: Host, served: Served, reason: LostReason): void {
  if (served.state !== "live" && !(served.state === "lost" && reason === "replaced")) return;
  const { onLost, renew } = served.options;
  // Nobody renewed it in time although only its owner could: that is no accident.
  const isOver = renew === "manual" && performance.now() >= served.deadline;
  const comesBack = reason !== "replaced" && onLost === "re-register" && !isOver;
  release(host, served);
  served.mailbox?.abandon(lostError(served, reason));
  served.state = comesBack ? "lost" : "ended";
  if (comesBack) host.served.lose(served);
  else endInBackground(host, served);
  served.events.emit("lost", { reason });
  if (!comesBack || served.state !== "lost" || host.gate.state !== "open") return;
  restoreAfter(host, served, spreadMs(host, served), 0);
}

function lostError({ options: { identity } }: Served, reason: LostReason): MusterError<"FENCED"> {
  const message = `its registration was lost: ${reason}`;
  return new MusterError({ code: "FENCED", source: "core.lose", subject: identity, message });
}

/** So that a store that is back isn't met by everyone at once; but a long TTL is no reason to stay away for long. */
function spreadMs({ timing }: Host, { options: { ttlMs = Number.POSITIVE_INFINITY } }: Served): number {
  return (Math.random() * Math.min(ttlMs, timing.ttlMs)) / 2;
}

function restoreAfter(host: Host, served: Served, delayMs: number, tries: number): void {
  served.due = host.agenda.after(delayMs, () => {
    if (!host.session.live) {
      // Whoever waited for the next session here would go on the moment it is there, together with everyone else.
      restoreAfter(host, served, spreadMs(host, served), tries);
      return;
    }
    // A few at a time: thousands at once would keep the new session from being renewed.
    host.restores
      .run(() => restoreInTurn(host, served, tries))
      .catch((cause: unknown) => host.warn(codedError(cause, SOURCE)));
  });
}

async function restoreInTurn(host: Host, served: Served, tries: number): Promise<void> {
  await host.background.finish(SOURCE, host.timing.timeoutMs, (call) =>
    inOrder(served, call, SOURCE, () => restore(host, served, tries, call)),
  );
}

async function restore(host: Host, served: Served, tries: number, call: Call): Promise<void> {
  if (served.state !== "lost" || host.gate.state !== "open") return;
  const again = (): void => {
    if (host.gate.state === "open") restoreAfter(host, served, backoffMs(tries), tries + 1);
  };
  try {
    const placing = { host, served, mode: "create", call } as const;
    const outcome = await settled<Placed>((settler) => place(placing, settler));
    if ("placed" in outcome) served.events.emit("restored", { epoch: outcome.placed.epoch });
    else if (outcome.refused === "quota" || (await isOwn(host, served, outcome, call))) again();
    else lose(host, served, "replaced");
  } catch (cause) {
    const error = codedError(cause, SOURCE);
    if (isTransient(error)) again();
    else giveUp(host, served, error);
  }
}

function giveUp(host: Host, served: Served, error: MusterError): void {
  host.served.delete(served);
  served.state = "ended";
  host.warn(error);
  endInBackground(host, served);
}

function endInBackground(host: Host, served: Served): void {
  endReceiver(host, served)?.catch((cause: unknown) => host.warn(codedError(cause, "core.lose")));
}

function isTransient(error: MusterError): boolean {
  return error.retryable || error.code === "ABORTED" || error.code === "CLOSED";
}

/** Whether what stands in the way is what this very handle left: its former life, or a try whose reply was lost. */
async function isOwn(
  host: Host,
  served: Served,
  refusal: Exclude<Placed, { readonly placed: unknown }>,
  call: Call,
): Promise<boolean> {
  const { identity } = served.options;
  const current = refusal.current ?? (await host.registry.getMany([identity], call))[0];
  if (current === undefined || current.epoch === served.epoch) return true;
  return current.session === host.session.id && host.served.get(identity) === undefined;
}

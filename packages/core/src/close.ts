import { codedError } from "./call.ts";
import type { Host } from "./host.ts";
import { deleteLeftovers, stampLeftovers } from "./life/leftovers.ts";
import { endReceiver, release } from "./life/lose.ts";
import type { Reaper } from "./life/reaper.ts";
import { retry } from "./tasks/retry.ts";
import type { Served } from "./life/served.ts";
import { type Call, linkCall } from "./slots/index.ts";
import { untilAborted } from "./tasks/until-aborted.ts";

const SOURCE = "core.close";

export interface CloseOptions {
  readonly leave?: "offline" | undefined;
  readonly timeoutMs: number;
}

/**
 * Lets what is under way finish under one deadline, then ends this process' registrations, or leaves them to their TTL,
 * whether or not the deadline has passed; then the session, the node and the slots. Never rejects: what could not be ended
 * is warned of, and ends with its session or its TTL.
 */
export async function close(host: Host, reaper: Reaper, options: CloseOptions): Promise<void> {
  const drained = await drain(host, options.timeoutMs);
  host.background.stop();
  host.agenda.clear();
  const { timeoutMs } = options;
  await attempt(host, timeoutMs, () => reaper.stop());
  const left = await attempt(host, timeoutMs, (call) => leave(host, options.leave, call));
  host.session.stop();
  // With something left behind, the session's record is what will end it.
  if (drained && left) await attempt(host, timeoutMs, (call) => host.session.remove(call));
  await attempt(host, timeoutMs, () => closeSlots(host));
}

/** Whether all verbs and handlers have finished. Whatever happens, nothing is handed over any more. */
async function drain(host: Host, timeoutMs: number): Promise<boolean> {
  using call = linkCall({}, timeoutMs, SOURCE);
  const steps = [
    (): Promise<unknown> => host.gate.empty(),
    (): Promise<unknown> => Promise.all(host.served.all().map((served) => endServed(host, served))),
    (): Promise<unknown> => host.background.settle(call),
  ];
  let isDrained = true;
  for (const step of steps) {
    try {
      await untilAborted(step(), call, SOURCE);
    } catch (cause) {
      if (isDrained) host.warn(codedError(cause, SOURCE));
      isDrained = false;
    }
  }
  return isDrained;
}

async function endServed(host: Host, served: Served): Promise<void> {
  release(host, served);
  served.state = "ended";
  await endReceiver(host, served);
}

async function leave(host: Host, how: CloseOptions["leave"], call: Call): Promise<void> {
  const { registry, session } = host;
  if (how === "offline") await retry(call, SOURCE, () => stampLeftovers(registry, session.id, session.renewedAt, call));
  else await retry(call, SOURCE, () => deleteLeftovers(registry, session.id, call));
}

async function closeSlots({ node, messaging, registry }: Host): Promise<void> {
  const results = await Promise.allSettled([node?.close(), messaging?.close(), registry.close()]);
  for (const result of results) if (result.status === "rejected") throw codedError(result.reason, SOURCE);
}

/** Has a deadline of its own, so that what must be done is tried even when draining took all the time. */
async function attempt(host: Host, timeoutMs: number, work: (call: Call) => Promise<void>): Promise<boolean> {
  using call = linkCall({}, timeoutMs, SOURCE);
  try {
    await untilAborted(work(call), call, SOURCE);
    return true;
  } catch (cause) {
    host.warn(codedError(cause, SOURCE));
    return false;
  }
}

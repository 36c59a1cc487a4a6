import type { Unregistered } from "./fleet.ts";
import type { Host } from "./host.ts";
import { inOrder } from "./tasks/in-order.ts";
import { abandonReceiver, endReceiver, release } from "./life/release.ts";
import { retry } from "./tasks/retry.ts";
import type { Served } from "./life/served.ts";
import { type Call, type DeleteOutcome, isMusterError, type Registration, type TimedCall } from "./slots/index.ts";
import { untilAborted } from "./tasks/until-aborted.ts";

const SOURCE = "core.unregister";

/**
 * Ends a handle's registration: nothing new reaches its receiver, a running handler may finish, then the record goes, and
 * what is queued for it ends as dead letters. A handler gets half of the time that the call has left, no more: it may itself
 * be waiting for this very call. When the call ends before the record has gone, it goes in the background.
 *
 * @throws TIMEOUT, ABORTED; UNAVAILABLE and the like when it may still stand. Never for another epoch, never because a
 * handler is slow.
 */
export async function unregisterServed(host: Host, served: Served, call: TimedCall): Promise<Unregistered> {
  return await inOrder(served, call, SOURCE, async () => {
    release(host, served);
    served.state = "ended";
    const { epoch } = served;
    try {
      await drain(host, served, call);
      return await end(host, served.options.identity, epoch, call);
    } catch (error) {
      endLater(host, served.options.identity, epoch);
      throw error;
    }
  });
}

/**
 * Resolves when a running handler has finished, or is told that it has used up its share of the call.
 *
 * @throws TIMEOUT, ABORTED
 */
async function drain(host: Host, served: Served, call: TimedCall): Promise<void> {
  const ended = endReceiver(host, served);
  if (ended === undefined) return;
  const shareMs = Math.max(0, (call.deadline - performance.now()) / 2);
  const share = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, shareMs);
    ended.then(resolve, reject).finally(() => clearTimeout(timer));
  });
  try {
    await untilAborted(share, call, SOURCE);
  } finally {
    abandonReceiver(served);
  }
}

/**
 * Ends whatever registration stands under this name, whoever serves it; a process that serves it is told, so that it does
 * not register it again.
 *
 * @throws TIMEOUT, ABORTED; what the registry throws.
 */
export async function unregister(host: Host, identity: string, call: TimedCall): Promise<Unregistered> {
  for (;;) {
    const lost = host.served.getLost(identity);
    if (lost !== undefined && (await unregisterServed(host, lost, call)) === "removed") return "removed";
    const current = await find(host, identity, call);
    if (current === undefined) return "absent";
    const served = host.served.get(identity);
    const outcome =
      served?.epoch === current.epoch
        ? await unregisterServed(host, served, call)
        : await end(host, identity, current.epoch, call);
    if (outcome === "superseded") continue;
    if (outcome === "removed" && served?.epoch !== current.epoch) {
      await host.node?.announceReplaced(current, call);
    }
    return outcome;
  }
}

/** The record first: whatever is enqueued for it until then is dropped too. */
async function end(host: Host, identity: string, epoch: number, call: Call): Promise<Unregistered> {
  const outcome = await deleteEpoch(host, identity, epoch, call);
  if (outcome === "deleted") await dropQueue(host, identity, epoch, call);
  return outcomes[outcome];
}

/** Its registration is gone, whatever becomes of this: what can't be done now is done in the background. */
async function dropQueue(
  { durable, background, timing }: Host,
  identity: string,
  epoch: number,
  call: Call,
): Promise<void> {
  if (durable === undefined) return;
  try {
    await durable.drop({ identity, epoch }, call);
  } catch {
    background.run(SOURCE, timing.timeoutMs, (later) => durable.drop({ identity, epoch }, later));
  }
}

const outcomes = { deleted: "removed", absent: "absent", fenced: "superseded" } as const;

async function find({ registry }: Host, identity: string, call: Call): Promise<Registration | undefined> {
  const [current] = await retry(call, SOURCE, () => registry.getMany([identity], call));
  return current;
}

/** After a try whose outcome is unknown, its absence is this call's doing. */
async function deleteEpoch(host: Host, identity: string, epoch: number, call: Call): Promise<DeleteOutcome> {
  let mayBeGone = false;
  return await retry(call, SOURCE, async () => {
    try {
      const outcome = await host.batches.deletes.submit({ identity, epoch }, call);
      return outcome === "absent" && mayBeGone ? "deleted" : outcome;
    } catch (error) {
      mayBeGone ||= isMusterError(error) && error.mayHaveApplied;
      throw error;
    }
  });
}

function endLater(host: Host, identity: string, epoch: number): void {
  host.background.run(SOURCE, host.timing.timeoutMs, async (call) => {
    await end(host, identity, epoch, call);
  });
}

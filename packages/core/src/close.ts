import { codedError } from "./call.ts";
import type { Host } from "./host.ts";
import { deleteLeftovers, expireLeftovers, expireNow, stampLeftovers } from "./life/leftovers.ts";
import { abandonReceiver, endReceiver, release } from "./life/release.ts";
import type { Reaper } from "./life/reaper.ts";
import type { Relay } from "./relaying/relay.ts";
import { retry } from "./tasks/retry.ts";
import type { Served } from "./life/served.ts";
import { type Call, linkCall } from "./slots/index.ts";
import { untilAborted } from "./tasks/until-aborted.ts";

const SOURCE = "core.close";
const PAGE = 1_000;
/** What must be done is tried for that long even when the deadline has passed. */
const GRACE_MS = 250;

export interface CloseOptions {
  readonly leave?: "offline" | undefined;
  readonly timeoutMs: number;
}

/** What works on its own until it is stopped. */
export interface Workers {
  readonly reaper: Reaper;
  readonly relay: Relay | undefined;
}

/** What this process has served until it closed. */
type Ended = Set<Served>;

/**
 * Stops the relay and lets what is under way finish, then ends this process' registrations, or leaves them to their TTL,
 * whether or not it has finished; then the session, the node and the slots. One deadline for all: draining gets half of the
 * time, ending the rest. Takes at most that and twice 250 ms. Never rejects: what could not be ended is warned of, and ends
 * with its session or its TTL.
 */
export async function close(host: Host, { reaper, relay }: Workers, options: CloseOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  const ended: Ended = new Set();
  const left = (): number => Math.max(GRACE_MS, deadline - performance.now());
  // What it holds others can have; an outbox that does not answer keeps nobody from ending anything.
  const relayed = relay && attempt(host, options.timeoutMs / 2, (call) => relay.stop(call));
  const drained = await attempt(host, options.timeoutMs / 2, (call) => drain(host, reaper, ended, call));
  // Whoever is still at work has had his time; nobody is handed anything from here on.
  if (!drained) {
    endAll(host, ended).catch((cause: unknown) => host.warn(codedError(cause, SOURCE)));
    for (const served of ended) abandonReceiver(served);
  }
  await relayed;
  host.background.stop();
  host.agenda.clear();
  const { durable } = host;
  // What is left to be given back keeps nobody from ending the registrations.
  const givenBack = durable === undefined ? undefined : attempt(host, left(), () => durable.close());
  await attempt(host, left(), async (call) => {
    await leave(host, options.leave, ended, call);
    // With something left behind, the session's record is what will end it.
    if (drained) await host.session.remove(call);
    if (durable !== undefined && options.leave === undefined) await giveUpPlaces(host, reaper, call);
  });
  await givenBack;
  host.session.stop();
  await attempt(host, left(), () => closeSlots(host));
}

/** Resolves when all verbs, handlers and what runs in the background have finished. */
async function drain(host: Host, reaper: Reaper, ended: Ended, call: Call): Promise<void> {
  const reaping = reaper.stop();
  await host.gate.empty();
  await Promise.all([reaping, endAll(host, ended), host.background.settle(call)]);
  // What was being restored until now.
  await endAll(host, ended);
  // Whoever has handled something has said so.
  await host.node?.flush(call);
}

/** Hands nothing over any more, at once. Resolves when the handlers that run have finished. */
async function endAll(host: Host, ended: Ended): Promise<void> {
  const all = [...host.served.all(), ...host.served.lost()];
  await Promise.all(
    all.map(async (served) => {
      ended.add(served);
      release(host, served);
      served.state = "ended";
      await endReceiver(host, served);
    }),
  );
}

/**
 * By name, and by session what stands there although nobody knows of it. With queues it expires now instead of being
 * deleted: that is how the reaper knows when their grace is out.
 */
async function leave(host: Host, how: CloseOptions["leave"], ended: Ended, call: Call): Promise<void> {
  const { registry, session, durable } = host;
  if (how === "offline") {
    await retry(call, SOURCE, () => stampLeftovers(registry, session.id, session.renewedAt, call));
    return;
  }
  const keys = Array.from(ended, ({ options: { identity }, epoch }) => ({ identity, epoch }));
  for (let start = 0; start < keys.length; start += PAGE) {
    const page = keys.slice(start, start + PAGE);
    await retry(call, SOURCE, async () => {
      if (durable === undefined) await registry.deleteMany(page, call);
      else await expireNow(registry, page, session.renewedAt, call);
    });
  }
  await retry(call, SOURCE, async () => {
    if (durable === undefined) await deleteLeftovers(registry, session.id, call);
    else await expireLeftovers(registry, session.id, session.renewedAt, call);
  });
}

/** What has been ended no longer counts, rather than when somebody finds it: others may be waiting for the room. */
async function giveUpPlaces(host: Host, reaper: Reaper, call: Call): Promise<void> {
  await reaper.finish(call).catch((cause: unknown) => host.warn(codedError(cause, SOURCE)));
}

async function closeSlots({ node, messaging, durability, outbox, registry }: Host): Promise<void> {
  const slots = [node, messaging, durability, outbox, registry];
  const results = await Promise.allSettled(slots.map(async (slot) => await slot?.close()));
  for (const result of results) if (result.status === "rejected") throw codedError(result.reason, SOURCE);
}

/** Whether it succeeded within `timeoutMs`; if not, that is warned of. */
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

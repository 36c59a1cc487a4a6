/** A multicast that a store keeps, and its repetition under one idempotency key. */

import type { Filter } from "@muster/filter";
import type { Context, Run } from "./context.ts";
import type { MulticastOptions, Payload } from "./fleet.ts";
import { rejoin } from "./sending/durable/rejoin.ts";
import { sendDurably } from "./sending/durable/send.ts";
import { checkSame, startFor } from "./sending/durable/start.ts";
import { onceRecorded, targetPages } from "./sending/durable/target-pages.ts";
import type { KeptGuarantee } from "./sending/path.ts";
import type { Tally } from "./sending/report.ts";
import {
  type DurabilityBackend,
  isMusterError,
  type MulticastReport,
  type MulticastStart,
  type TimedCall,
} from "./slots/index.ts";
import { hasEnded } from "./slots/signals.ts";
import { retry } from "./tasks/retry.ts";
import { untilAborted } from "./tasks/until-aborted.ts";

const SOURCE = "core.multicast";

export interface DurableMulticast {
  /** `undefined`: everyone. */
  readonly targets: Filter | undefined;
  readonly payload: Payload;
  readonly guarantee: KeptGuarantee;
  readonly options: MulticastOptions<unknown>;
  readonly tally: Tally;
}

/**
 * Enqueues for everyone who matches, attached or not, and waits for acknowledgements until the deadline; who has not
 * acknowledged by then is `pending`.
 *
 * Under an idempotency key it is sent once, however often it is called: a call while the first one runs here gets its
 * report; after the first has ended, what becomes of it until this call's deadline; and where the first one died, it is
 * completed.
 *
 * @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT, UNSUPPORTED, IDEMPOTENCY_CONFLICT (the key stands for another content); what
 * the slots throw before anything was enqueued; ABORTED with the report.
 */
export async function durableMulticast(
  context: Context,
  durability: DurabilityBackend,
  wanted: DurableMulticast,
  call: TimedCall,
): Promise<MulticastReport> {
  const { name, traits, tracking } = durability;
  const keeper = { name, ...traits, remembers: tracking !== undefined, replyTo: context.node?.address };
  const start = startFor(context, keeper, wanted);
  const { idempotencyKey: key } = start;
  const running = key === undefined ? undefined : context.runs.get(key);
  if (running !== undefined) {
    checkSame(running.digest, start);
    const joined = await join(running, call);
    if (joined !== undefined) return joined;
  }
  const report = begin(context, durability, { start, targets: wanted.targets, tally: wanted.tally }, call);
  if (key === undefined) return await report;
  const run: Run = { digest: start.digest, report };
  context.runs.set(key, run);
  try {
    return await report;
  } finally {
    if (context.runs.get(key) === run) context.runs.delete(key);
  }
}

/** Its report; `undefined` when its own caller gave it up, which is no reason for this one to. */
async function join({ report }: Run, call: TimedCall): Promise<MulticastReport | undefined> {
  try {
    return await untilAborted(report, call, SOURCE);
  } catch (error) {
    if (hasEnded(call) || !isMusterError(error, "ABORTED")) throw error;
    return undefined;
  }
}

interface Beginning {
  readonly start: MulticastStart;
  readonly targets: Filter | undefined;
  readonly tally: Tally;
}

async function begin(
  context: Context,
  durability: DurabilityBackend,
  { start, targets, tally }: Beginning,
  call: TimedCall,
): Promise<MulticastReport> {
  // Receipts come to the node's address, before the first of them can be on its way.
  await context.node?.open(call);
  const { tracking } = durability;
  const pages = targetPages(context, targets, call);
  const sending = { durability, start, pages, isNew: true, tally };
  if (tracking === undefined) return await sendDurably(context, sending, call);
  // After a reply that was lost the record that stands is this call's own.
  const recorded = retry(call, SOURCE, () => tracking.begin(start, call));
  if (start.idempotencyKey === undefined)
    return await sendDurably(context, { ...sending, pages: onceRecorded(recorded, pages) }, call);
  const { begun, record } = await recorded;
  if (!begun) checkSame(record.digest, start);
  if (!begun && record.state === "complete")
    return await rejoin(context, { tracking, id: record.message.id, tally }, call);
  return await sendDurably(context, { ...sending, start: record, isNew: begun }, call);
}

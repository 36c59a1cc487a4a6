/** One multicast that commits, or never was, with its sender's own writes. */

import type { Context } from "../../context.ts";
import { onReceiptsOf } from "../../input/on-receipts.ts";
import type { SelectedPage } from "../../query/selection.ts";
import {
  type MulticastReport,
  type MulticastStart,
  MusterError,
  type OutboxBackend,
  type Recorded,
  type Route,
  type TimedCall,
} from "../../slots/index.ts";
import { conclude } from "../conclusion.ts";
import { checkSame, type Keeper, startFor, type Wanted } from "../durable/start.ts";
import { targetPages } from "../durable/target-pages.ts";
import { Tally } from "../report.ts";
import { checkRoom } from "../room.ts";
import { tallyRecorded } from "./receipts.ts";

const SOURCE = "core.multicast";
const COMPLETE = { incomplete: undefined, cause: undefined } as const;

/**
 * Records it for everyone selected, each of whom is `pending` then. Under an idempotency key that stands already it reports
 * what stands.
 *
 * @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT; IDEMPOTENCY_CONFLICT (the key stands for another content); what the registry and
 * the outbox throw: nothing of it stands in the transaction then. ABORTED with the report, once it was recorded.
 */
export async function recordMulticast(
  context: Context,
  outbox: OutboxBackend,
  wanted: Wanted,
  call: TimedCall,
): Promise<MulticastReport> {
  const { transaction } = wanted.options;
  const onReceipts = onReceiptsOf(wanted.options, SOURCE);
  const start = startIn(context, outbox, wanted);
  const tally = new Tally(onReceipts);
  const pages = tallied(targetPages(context, wanted.targets, call), tally);
  const recorded = await outbox.record(transaction, start, pages, call).catch((cause: unknown) => {
    throw tally.refusal === undefined ? cause : refused(tally.refusal);
  });
  if (recorded.isNew) return await conclude(start.message.id, tally, COMPLETE, call);
  checkSame(recorded.record.digest, start);
  return await standing(context, outbox, recorded, new Tally(onReceipts), call);
}

/** Everything that would refuse it later refuses it now. @throws PAYLOAD_TOO_LARGE, INVALID_ARGUMENT */
function startIn(context: Context, { name, traits }: OutboxBackend, wanted: Wanted): MulticastStart {
  const { durability, messaging, node } = context;
  const outbox: Keeper = { name, ...traits, remembers: true, replyTo: undefined };
  const keeper =
    durability === undefined
      ? outbox
      : {
          ...outbox,
          maxPayloadBytes: Math.min(traits.maxPayloadBytes, durability.traits.maxPayloadBytes),
          maxTtlMs: Math.min(traits.maxTtlMs, durability.traits.maxTtlMs),
        };
  const start = startFor(context, keeper, wanted);
  if (durability === undefined && messaging !== undefined) checkRoom(messaging, start.message, node, SOURCE);
  return start;
}

/** Each page is in the tally before it is recorded: who does not want it any more can still prevent it. */
async function* tallied(
  pages: AsyncIterable<SelectedPage<Route>>,
  tally: Tally,
): AsyncGenerator<readonly Route[], void, undefined> {
  for await (const { selected } of pages) {
    const named = tally.showsAll ? selected : selected.slice(0, tally.room);
    tally.defer(named.map(({ identity }) => identity));
    tally.count("pending", selected.length - named.length);
    await tally.show();
    if (tally.refusal !== undefined) throw tally.refusal;
    if (selected.length > 0) yield selected;
  }
}

function refused(cause: MusterError): MusterError<"ABORTED"> {
  const message = "the caller gave up; nothing was recorded";
  return new MusterError({ code: "ABORTED", source: SOURCE, message, detail: {}, cause });
}

/** As long as it has not committed, nobody but its own transaction knows who it is for. */
async function standing(
  { durability }: Context,
  outbox: OutboxBackend,
  { record, targetCount }: Recorded,
  tally: Tally,
  call: TimedCall,
): Promise<MulticastReport> {
  const { id } = record.message;
  await tallyRecorded(tally, { outbox, tracking: durability?.tracking, id }, call);
  if (tally.total === 0) tally.count("pending", targetCount);
  return await conclude(id, tally, COMPLETE, call);
}

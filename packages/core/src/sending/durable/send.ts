/** One durable multicast from its first page to its report. */

import { codedError } from "../../call.ts";
import type { Context } from "../../context.ts";
import type { DurabilityBackend, MulticastReport, MulticastStart, TimedCall } from "../../slots/index.ts";
import { conclude } from "../conclusion.ts";
import type { FanOutEnd } from "../fan-out.ts";
import type { Tally } from "../report.ts";
import { durableFanOut } from "./fan-out.ts";
import type { Ledger } from "./ledger.ts";
import type { TargetPages } from "./target-pages.ts";
import { TrackedLedger } from "./tracked-ledger.ts";
import { UntrackedLedger } from "./untracked-ledger.ts";

const SOURCE = "core.multicast";

export interface DurableSending {
  readonly durability: DurabilityBackend;
  readonly start: MulticastStart;
  /** Whom it is for. */
  readonly pages: TargetPages;
  /** Nobody else has enqueued anything of it: it was not begun before. */
  readonly isNew: boolean;
  readonly tally: Tally;
}

/**
 * Enqueues for everyone selected who has not been enqueued for yet, then waits until those that are attached have settled it
 * or the call's time is nearly out.
 *
 * @throws while nothing may have been enqueued; ABORTED with the report.
 */
export async function sendDurably(
  context: Context,
  sending: DurableSending,
  call: TimedCall,
): Promise<MulticastReport> {
  const end = await enqueueAndWait(context, sending, call);
  return await conclude(sending.start.message.id, sending.tally, end, call);
}

/** Everyone stands in the tally afterwards. */
async function enqueueAndWait(
  context: Context,
  { durability, start, pages, isNew, tally }: DurableSending,
  call: TimedCall,
): Promise<FanOutEnd> {
  const { message, ttlMs } = start;
  const { tracking } = durability;
  const ledger: Ledger =
    tracking === undefined ? new UntrackedLedger() : new TrackedLedger(tracking, message.id, isNew);
  using _listening = context.receipts.listen(message.id, (frame) => ledger.hear(frame));
  const onAccepted = (attached: readonly string[], offline: readonly string[]): void =>
    ledger.accept(attached, offline);
  const end = await durableFanOut(context, { durability, pages, message, ttlMs, tally, onAccepted }, call);
  const completed = end.cause === undefined && tracking?.complete(message.id, call).catch(warnOf(context));
  if (end.cause?.code !== "ABORTED") await ledger.settled(call);
  try {
    await ledger.close(tally, end.uncertain);
    return end;
  } catch (error) {
    const cause = codedError(error, SOURCE);
    const incomplete = { code: cause.code, ...(end.after === undefined ? {} : { after: end.after }) };
    return { cause: end.cause ?? cause, incomplete: end.incomplete ?? incomplete };
  } finally {
    await completed;
  }
}

/** A record that stays open costs whoever resends it another look, and nothing else. */
function warnOf({ warn }: Context): (cause: unknown) => void {
  return (cause) => warn(codedError(cause, SOURCE));
}

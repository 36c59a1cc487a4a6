/** From a filter to published messages, page by page; memory is what is in flight, whatever the number of targets. */

import { setImmediate as turn } from "node:timers/promises";
import { codedError } from "../call.ts";
import type { Context } from "../context.ts";
import type { Content } from "../wire/message-frame.ts";
import { Grouping } from "./grouping.ts";
import { prefetched } from "./prefetch.ts";
import { Publisher } from "./publisher.ts";
import type { Tally } from "./report.ts";
import { livingSessions, type Selection, selectedRoutes } from "../query/selection.ts";
import {
  type Call,
  type MessagingBackend,
  type MulticastReport,
  type MusterError,
  throwIfAborted,
} from "../slots/index.ts";

const SOURCE = "core.multicast";

export interface FanOut {
  readonly messaging: MessagingBackend;
  readonly selection: Selection;
  readonly content: Content;
  readonly tally: Tally;
}

export interface FanOutEnd {
  /** Present: the targets could not be read to their end. */
  readonly incomplete: MulticastReport["incomplete"];
  /** Why it ended early, where it did. */
  readonly cause: MusterError | undefined;
}

/**
 * Publishes to everyone selected. Afterwards everyone who was resolved stands in the tally exactly once: a page of the
 * registry is resolved as a whole or not at all, and what was resolved when the registry failed is still published.
 *
 * @throws only while nothing may have left; later failures, and a refusal of receipts, are in what it returns.
 */
export async function fanOut(
  context: Context,
  { messaging, selection, content, tally }: FanOut,
  call: Call,
): Promise<FanOutEnd> {
  const publisher = new Publisher(messaging, content, tally, call);
  const { maxPayloadBytes } = messaging.traits;
  const grouping = new Grouping(content, maxPayloadBytes, (parcel) => publisher.addParcel(parcel));
  let after: string | undefined;
  let cause: MusterError | undefined;
  try {
    for await (const page of prefetched(selectedRoutes(context, selection, {}, call))) {
      const living = await livingSessions(context, page.selected, call);
      const { singles, unreached } = grouping.add(page.selected, living);
      tally.miss("failed", unreached, "NO_ROUTE", "it is registered, but no process is attached to it");
      publisher.addSingles(singles);
      await publisher.publish();
      publisher.flush();
      await turn(); // What has been answered is tallied before more is read, however little a page takes.
      after = page.last;
      await tally.show();
      if (tally.refusal !== undefined) throw tally.refusal;
    }
    if (!publisher.hasStarted) throwIfAborted(call, SOURCE);
  } catch (error) {
    cause = codedError(error, SOURCE);
    if (!publisher.hasStarted && cause !== tally.refusal) throw cause;
    if (cause.code === "ABORTED") publisher.stop(cause);
  }
  grouping.drain();
  await publisher.finish();
  return {
    incomplete: cause === undefined ? undefined : { code: cause.code, ...(after === undefined ? {} : { after }) },
    cause,
  };
}

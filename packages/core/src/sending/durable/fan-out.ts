/** From a filter to messages that a store keeps for everyone selected, page by page. */

import { codedError } from "../../call.ts";
import type { Context } from "../../context.ts";
import { livingSessions } from "../../query/selection.ts";
import {
  type Call,
  type DurabilityBackend,
  type DurableMessage,
  type MusterError,
  type Route,
  throwIfAborted,
} from "../../slots/index.ts";
import type { FanOutEnd } from "../fan-out.ts";
import type { Tally } from "../report.ts";
import { Bells } from "./bells.ts";
import { Enqueuer } from "./enqueuer.ts";
import { nodesOf } from "./nodes.ts";
import { sortedByPresence } from "./presence.ts";
import type { TargetPages } from "./target-pages.ts";

const SOURCE = "core.multicast";

export interface DurableFanOut {
  readonly durability: DurabilityBackend;
  readonly pages: TargetPages;
  readonly message: DurableMessage;
  readonly ttlMs: number;
  /** Gets whom the store refused. */
  readonly tally: Tally;
  /** These were accepted: those that can acknowledge it now, and the others. */
  readonly onAccepted: (attached: readonly string[], offline: readonly string[]) => void;
}

export interface DurableFanOutEnd extends FanOutEnd {
  /** Who may have been accepted, because the store didn't answer. */
  readonly uncertain: readonly string[];
  /** Last identity of those that were looked at; absent: none. */
  readonly after: string | undefined;
}

/**
 * Enqueues for everyone selected, attached or not, and rings at the processes that serve them. Afterwards everyone who was
 * resolved is accepted, in the tally, or uncertain.
 *
 * @throws only while nothing may have been enqueued; later failures are in what it returns.
 */
export async function durableFanOut(
  context: Context,
  { durability, pages, message, ttlMs, tally, onAccepted }: DurableFanOut,
  call: Call,
): Promise<DurableFanOutEnd> {
  const bells = new Bells(context.messaging, call);
  const enqueuer = new Enqueuer<Route>({ durability, message, ttlMs, tally }, call);
  let after: string | undefined;
  let cause: MusterError | undefined;
  try {
    for await (const page of pages) {
      const living = await livingSessions(context, page.selected, call);
      await enqueuer.add(page.selected, (accepted) => {
        const [attached, offline] = sortedByPresence(context, accepted, living);
        onAccepted(namesOf(attached), namesOf(offline));
        bells.ring(nodesOf(context, attached));
      });
      if (enqueuer.failure !== undefined) throw enqueuer.failure;
      after = page.last;
      await tally.show();
      if (tally.refusal !== undefined) throw tally.refusal;
    }
    if (!enqueuer.hasStarted) throwIfAborted(call, SOURCE);
  } catch (error) {
    cause = codedError(error, SOURCE);
  }
  await enqueuer.finish();
  cause ??= enqueuer.failure;
  if (cause !== undefined && !enqueuer.hasStarted && cause !== tally.refusal) throw cause;
  await bells.finish();
  return {
    incomplete: cause === undefined ? undefined : { code: cause.code, ...(after === undefined ? {} : { after }) },
    cause,
    uncertain: enqueuer.uncertain,
    after,
  };
}

function namesOf(routes: readonly Route[]): readonly string[] {
  return routes.map(({ identity }) => identity);
}

/** From targets to acknowledged messages, page by page; memory is what is under way, whatever the number of targets. */

import { setImmediate as turn } from "node:timers/promises";
import { codedError } from "../../call.ts";
import type { Context } from "../../context.ts";
import { livingSessions, type SelectedPage } from "../../query/selection.ts";
import type { ReceivingNode } from "../../receiving/node.ts";
import { abortedError, type Call, type MusterError, type Route, throwIfAborted } from "../../slots/index.ts";
import { hasEnded } from "../../slots/signals.ts";
import { awaitingBytes } from "../../wire/awaited-frame.ts";
import { frameBytes } from "../../wire/message-frame.ts";
import type { FanOut, FanOutEnd } from "../fan-out.ts";
import { Grouping } from "../grouping.ts";
import type { Tally } from "../report.ts";
import { Outstanding } from "./outstanding.ts";
import { Encoder } from "./post.ts";
import { Postman } from "./postman.ts";
import { StandingWindow } from "./standing-window.ts";
import { Whereabouts } from "./whereabouts.ts";

const SOURCE = "core.multicast";
/** What a frame that is sent again to some of its recipients has more than the first time, at most. */
const PLACES_BYTES = 2_000;

export interface AcknowledgedFanOut extends Omit<FanOut, "selection"> {
  /** Whom it is for. */
  readonly pages: AsyncIterable<SelectedPage<Route>>;
  /** Of this process: acknowledgements come to its address. */
  readonly node: ReceivingNode;
  /** How often it may have been sent to them before; as their receivers see it, those tries count. Default 0. */
  readonly triesBefore?: number;
}

export interface AcknowledgedEnd extends FanOutEnd {
  /** Acknowledgements that came although another try had settled their recipients before. */
  readonly duplicates: number;
}

/** What a message takes more than one that nobody waits for, beside a single recipient. */
export function acknowledgedBytes({ address }: ReceivingNode): number {
  return awaitingBytes(address) + 2;
}

/**
 * Publishes to everyone selected, and again to those of whom nothing is heard, until everyone is settled or the call ends:
 * then what is left is settled by what is known of it. Afterwards everyone who was resolved stands in the tally exactly once:
 * a page of the registry is resolved as a whole or not at all.
 *
 * @throws only while nothing may have left; later failures, and a refusal of receipts, are in what it returns.
 */
export async function acknowledgedFanOut(
  context: Context,
  work: AcknowledgedFanOut,
  call: Call,
): Promise<AcknowledgedEnd> {
  const { node, content, tally, triesBefore = 0 } = work;
  await node.open(call);
  const sending = startSending(context, work, call);
  const { postman, outstanding, grouping } = sending;
  using _ = node.listen(content.id, (acknowledgement) =>
    outstanding.acknowledge({ ...acknowledgement, attempt: acknowledgement.attempt - triesBefore }),
  );
  const { after, failure } = await sendToAll(context, sending, work, call);
  if (failure !== undefined && !postman.hasStarted && failure !== tally.refusal) {
    outstanding.end(failure);
    throw failure;
  }
  grouping.drain();
  postman.flush();
  const ended = failure?.code === "ABORTED" ? failure : await untilSettled(sending, work, call);
  if (ended !== undefined) outstanding.end(ended);
  const incomplete =
    failure === undefined ? undefined : { code: failure.code, ...(after === undefined ? {} : { after }) };
  return { incomplete, cause: ended?.code === "ABORTED" ? ended : failure, duplicates: outstanding.duplicates };
}

/** How far it came, and why no further. */
async function sendToAll(
  context: Context,
  { postman, outstanding, window, grouping }: Sending,
  { pages, tally }: AcknowledgedFanOut,
  call: Call,
): Promise<{ readonly after: string | undefined; readonly failure: MusterError | undefined }> {
  let after: string | undefined;
  try {
    for await (const page of pages) {
      await untilRoom(window, tally, call);
      const living = await livingSessions(context, page.selected, call);
      const { singles, unreached } = grouping.add(page.selected, living);
      outstanding.addAway(unreached);
      outstanding.addSingles(singles);
      postman.flush();
      // What has been answered is tallied before more is read, however little a page takes. Reading takes turns by itself.
      if (window.open > 0) await turn();
      after = page.last;
      await tally.show();
      if (tally.refusal !== undefined) throw tally.refusal;
    }
    if (!postman.hasStarted) throwIfAborted(call, SOURCE);
  } catch (error) {
    return { after, failure: codedError(error, SOURCE) };
  }
  return { after, failure: undefined };
}

/** @throws TIMEOUT, ABORTED */
async function untilRoom(window: StandingWindow, tally: Tally, call: Call): Promise<void> {
  while (!window.hasRoom && !hasEnded(call)) {
    const { changes } = window;
    await tally.show();
    await window.changed(changes, call);
  }
  throwIfAborted(call, SOURCE);
}

/** Shows receipts as they come. Why not everyone was waited for, where they were not. */
async function untilSettled(
  { window }: Sending,
  { tally }: AcknowledgedFanOut,
  call: Call,
): Promise<MusterError | undefined> {
  while (window.open > 0) {
    if (tally.refusal !== undefined) return tally.refusal;
    if (hasEnded(call)) return abortedError(call, SOURCE);
    const { changes } = window;
    await tally.show();
    await window.changed(changes, call);
  }
  return undefined;
}

interface Sending {
  readonly postman: Postman;
  readonly outstanding: Outstanding;
  readonly window: StandingWindow;
  readonly grouping: Grouping;
}

function startSending(context: Context, work: AcknowledgedFanOut, call: Call): Sending {
  const { messaging, node, content, tally, triesBefore = 0 } = work;
  const window = new StandingWindow();
  const postman: Postman = new Postman({
    messaging,
    encoder: new Encoder(content, node.address, triesBefore),
    events: {
      onLeaving: (frame, places) => outstanding.leaving(frame, places),
      onPublished: (frame, places, error) => outstanding.published(frame, places, error),
    },
    call,
  });
  const outstanding: Outstanding = new Outstanding({
    messaging,
    postman,
    whereabouts: new Whereabouts(context, call, (found) => outstanding.found(found)),
    window,
    tally,
    frameBytes: frameBytes(content) + awaitingBytes(node.address),
    nextNumber: () => node.nextFrame(),
  });
  const maxBytes = messaging.traits.maxPayloadBytes - awaitingBytes(node.address) - PLACES_BYTES;
  const grouping = new Grouping(content, maxBytes, (parcel) => outstanding.addParcel(parcel));
  return { postman, outstanding, window, grouping };
}

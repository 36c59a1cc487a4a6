/** What receivers tell the sender of an awaited message. Layout: `frame.ts`. */

import { BODY_AT, damaged, newFrame, sealed, textOf, viewOf } from "./envelope.ts";

export const KIND_ACKNOWLEDGEMENT = 4;

/**
 * What is known of a recipient where it was sent to:
 *
 * - `running`: it has arrived, and its handler has not finished;
 * - `handled`, `rejected`: for good;
 * - `thrown`: it was tried and failed, and wants to be sent again;
 * - `untried`: it was not tried for want of room, or because its registration was about to end;
 * - `absent`: nobody is attached there under this identity and epoch.
 */
export const PLACE_STATE = { running: 0, handled: 1, rejected: 2, thrown: 3, untried: 4, absent: 5 } as const;

/** As long as somebody in a frame is `running` its acknowledgement is repeated, after this at the latest, for two minutes. */
export const REPEATED_WITHIN_MS = 1_000;

const HEAD_BYTES = 12;
const RUN_BYTES = 5;

export interface Acknowledgement {
  /** Of the multicast. */
  readonly id: string;
  readonly frame: number;
  /** Which try it answers. */
  readonly attempt: number;
  /** Places that have the same state and lie side by side; of other places nothing is said. */
  readonly runs: readonly PlaceRun[];
  /** Why some of the rejected were. */
  readonly reasons: readonly PlaceReason[];
}

export interface AcknowledgementFrame extends Acknowledgement {
  readonly kind: "acknowledgement";
}

export type PlaceRun = readonly [first: number, last: number, state: number];
export type PlaceReason = readonly [place: number, reason: string];

/** A few bytes when all have fared alike, however many they are. */
export function encodeAcknowledgement(acknowledgement: Acknowledgement): Uint8Array {
  const { id, frame, attempt, runs, reasons } = acknowledgement;
  const idBytes = Buffer.from(id);
  const reasonBytes = Buffer.from(reasons.length === 0 ? "" : JSON.stringify(reasons));
  const runsAt = BODY_AT + HEAD_BYTES + idBytes.length;
  const reasonsAt = runsAt + RUN_BYTES * runs.length;
  const bytes = newFrame(KIND_ACKNOWLEDGEMENT, reasonsAt + reasonBytes.length);
  const view = viewOf(bytes);
  view.setUint32(BODY_AT, frame);
  view.setUint32(BODY_AT + 4, runs.length);
  view.setUint16(BODY_AT + 8, Math.min(attempt, 0xffff));
  view.setUint16(BODY_AT + 10, idBytes.length);
  bytes.set(idBytes, BODY_AT + HEAD_BYTES);
  let at = runsAt;
  for (const [first, last, state] of runs) {
    view.setUint16(at, first);
    view.setUint16(at + 2, last);
    view.setUint8(at + 4, state);
    at += RUN_BYTES;
  }
  bytes.set(reasonBytes, reasonsAt);
  return sealed(bytes);
}

export function decodeAcknowledgement(bytes: Uint8Array): AcknowledgementFrame {
  const idAt = BODY_AT + HEAD_BYTES;
  if (bytes.length < idAt) throw damaged("it ends within its header");
  const view = viewOf(bytes);
  const runsAt = idAt + view.getUint16(BODY_AT + 10);
  const reasonsAt = runsAt + RUN_BYTES * view.getUint32(BODY_AT + 4);
  if (reasonsAt > bytes.length) throw damaged("it ends within its places");
  const runs: PlaceRun[] = [];
  for (let at = runsAt; at < reasonsAt; at += RUN_BYTES)
    runs.push([view.getUint16(at), view.getUint16(at + 2), view.getUint8(at + 4)]);
  const reasons = textOf(bytes, reasonsAt, bytes.length);
  return {
    kind: "acknowledgement",
    id: textOf(bytes, idAt, runsAt),
    frame: view.getUint32(BODY_AT),
    attempt: view.getUint16(BODY_AT + 8),
    runs,
    reasons: reasons === "" ? [] : (JSON.parse(reasons) as PlaceReason[]), // Its checksum is right: it is what `encodeAcknowledgement` wrote.
  };
}

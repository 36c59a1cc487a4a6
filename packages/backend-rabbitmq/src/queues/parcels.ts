/** What leaves this process for queues. */

import { keyOf } from "../keys.ts";
import { encodeFrame, type Frame, framesOf, type Recipient } from "./frames.ts";
import type { Names } from "./names.ts";
import type { Parcel } from "./outlet.ts";
import type { Places, Why } from "./places.ts";

export interface Surroundings {
  readonly names: Names;
  /** This process' own. */
  queue(): string;
  readonly places: Places;
  readonly deadLetterRetentionMs: number;
}

/** Where recipients belong, as far as this process knows. */
export interface Sorted {
  readonly parcels: readonly Parcel[];
  /** Identities of those that are parked now. */
  readonly parked: readonly string[];
}

function toQueue({ names }: Surroundings, queue: string, frame: Frame, recipients: readonly Recipient[]): Parcel[] {
  return parcels(names.own, queue, frame, recipients);
}

/** Behind everything in this process' own queue. */
export function toSelf(around: Surroundings, frame: Frame, recipients: readonly Recipient[]): Parcel[] {
  return toQueue(around, around.queue(), frame, recipients);
}

export function toSession(
  { names }: Surroundings,
  session: string,
  frame: Frame,
  recipients: readonly Recipient[],
): Parcel[] {
  return parcels(names.incoming, keyOf(session), frame, recipients);
}

export function toParking(around: Surroundings, frame: Frame, recipients: readonly Recipient[]): Parcel[] {
  const groups = new Map<string, Recipient[]>();
  for (const recipient of recipients) {
    const queue = around.names.parkedFor(recipient.identity);
    const group = groups.get(queue);
    if (group === undefined) groups.set(queue, [recipient]);
    else group.push(recipient);
  }
  return [...groups].flatMap(([queue, group]) => toQueue(around, queue, frame, group));
}

export function toDead(
  { names, deadLetterRetentionMs }: Surroundings,
  frame: Frame,
  recipient: Recipient,
  { code, reason }: Why,
): Parcel {
  const death = { code, reason, diedAt: Date.now() };
  const body = encodeFrame({ ...frame, recipients: [recipient], death });
  return { exchange: names.own, key: names.dead, body, ttlMs: deadLetterRetentionMs };
}

/** It comes back to the session, or to whoever serves its recipients then. The server counts its time in that queue. */
export function toDelay(
  { names }: Surroundings,
  delayMs: number,
  session: string,
  frame: Frame,
  recipients: readonly Recipient[],
): Parcel {
  return { exchange: names.delay(delayMs), key: keyOf(session), body: encodeFrame({ ...frame, recipients }) };
}

/** To this process' own queue, to parking, to the dead; what has expired goes nowhere. */
export function sorted(around: Surroundings, frame: Frame, recipients: readonly Recipient[]): Sorted {
  if (frame.expiresAt <= Date.now()) return { parcels: [], parked: [] };
  const { places } = around;
  const dead: Parcel[] = [];
  const here: Recipient[] = [];
  const others: Recipient[] = [];
  for (const recipient of recipients) {
    const { identity, epoch } = recipient;
    const why = places.whyDropped(identity, epoch);
    if (why !== undefined) dead.push(toDead(around, frame, recipient, why));
    else if (places.get(identity) === undefined) others.push(recipient);
    else here.push(recipient);
  }
  return {
    parcels: [...dead, ...toSelf(around, frame, here), ...toParking(around, frame, others)],
    parked: others.map(({ identity }) => identity),
  };
}

function parcels(exchange: string, key: string, frame: Frame, recipients: readonly Recipient[]): Parcel[] {
  const ttlMs = frame.expiresAt - Date.now();
  return [...framesOf(frame, recipients)].map((one) => ({ exchange, key, body: encodeFrame(one), ttlMs }));
}

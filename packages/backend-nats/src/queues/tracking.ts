/** What is known of multicasts: how they began, whom they were enqueued for, and what became of that. */

import { randomUUID } from "node:crypto";
import { compareStrings } from "@muster/filter";
import type { DeliveryCounts, MulticastRecord, MulticastStart, TrackedDelivery } from "@muster/core/slots";
import type { Stored } from "../jetstream/api.ts";
import type { QueueCall } from "../jetstream/call.ts";
import { scan } from "../jetstream/scan.ts";
import { framed, unframed } from "./frames.ts";
import type { Space } from "./space.ts";
import { type State, stateIn } from "./states.ts";
import { describe, messageOf, type StoredHead } from "./stored-messages.ts";

/** Beside the payload, in JSON. */
interface StartHead extends StoredHead, Pick<MulticastRecord, "state" | "startedAt" | "digest" | "filter" | "ttlMs"> {
  readonly idempotencyKey?: string;
}

/** Whom one batch was enqueued for, in JSON. */
interface Recipients {
  readonly identities: readonly string[];
  readonly expiresAt: number;
}

/** Of one message: a server takes 1 MiB, and an identity has 256 bytes that JSON may double and more. */
const MOST_BYTES = 262_144;

export async function begin(
  space: Space,
  start: MulticastStart,
  call: QueueCall,
): Promise<{ readonly begun: boolean; readonly record: MulticastRecord }> {
  const { message, idempotencyKey, digest, filter, ttlMs } = start;
  const head: StartHead = {
    ...describe(message),
    until: 0,
    state: "open",
    startedAt: Math.round(space.clock.now),
    digest,
    filter,
    ttlMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  const body = framed(head, message.payload);
  let claimed: number | undefined;
  if (idempotencyKey !== undefined) {
    const claim = await claimSubject(space, space.subjects.key(idempotencyKey), body, call);
    if ("stands" in claim) {
      // Who had the key may have died before its multicast was recorded.
      const { id } = headIn(claim.stands);
      const own = await claimSubject(space, space.subjects.start(id), claim.stands.data, call);
      return { begun: false, record: recordIn("stands" in own ? own.stands.data : claim.stands.data) };
    }
    claimed = claim.sequence;
  }
  const outcome = await claimSubject(space, space.subjects.start(message.id), body, call);
  space.tracked.add(message.id);
  if (!("stands" in outcome)) return { begun: true, record: recordIn(body) };
  const record = recordIn(outcome.stands.data);
  if (claimed === undefined) return { begun: false, record };
  // Somebody who found the key taken has recorded it meanwhile, for whoever had taken it.
  if (record.idempotencyKey === idempotencyKey) return { begun: true, record };
  await space.jetStream.delete(space.subjects.records, claimed, call);
  return { begun: false, record };
}

export async function complete(space: Space, id: string, call: QueueCall): Promise<void> {
  for (;;) {
    const stored = await standing(space, space.subjects.start(id), call);
    if (stored === undefined || headIn(stored).state === "complete") return;
    const { head, payload } = unframed<StartHead>(stored.data);
    const body = framed({ ...head, state: "complete" }, payload);
    const { subjects, jetStream } = space;
    const published = await jetStream.publish(subjects.start(id), body, { expected: stored.sequence }, call);
    if (!("refused" in published)) return;
  }
}

export async function find(space: Space, id: string, call: QueueCall): Promise<MulticastRecord | undefined> {
  const stored = await standing(space, space.subjects.start(id), call);
  return stored && recordIn(stored.data);
}

export async function counts(space: Space, id: string, call: QueueCall): Promise<DeliveryCounts> {
  const found = { pending: 0, delivered: 0, failed: 0 };
  for (const { status } of await deliveriesOf(space, id, call)) found[status] += 1;
  return found;
}

/** In UTF-8 byte order of identity. */
export async function deliveriesOf(space: Space, id: string, call: QueueCall): Promise<readonly TrackedDelivery[]> {
  const { jetStream, subjects, clock } = space;
  if ((await standing(space, subjects.start(id), call)) === undefined) return [];
  const [pages, states] = await Promise.all([
    scan(jetStream, subjects.records, { filter: subjects.recipientsOf(id) }, call),
    scan(jetStream, subjects.states, { filter: subjects.statesOf(id) }, call),
  ]);
  const known = new Map(states.map(({ data }) => stateIn(data)).map((state) => [state.identity, state]));
  const expiries = new Map<string, number>();
  for (const { data } of pages) {
    const { identities, expiresAt } = JSON.parse(Buffer.from(data).toString("utf8")) as Recipients; // Written below.
    for (const identity of identities) if (!expiries.has(identity)) expiries.set(identity, expiresAt);
  }
  return Array.from(expiries, ([identity, expiresAt]) =>
    trackedOf(identity, known.get(identity), expiresAt, clock.earliest),
  ).toSorted((one, other) => compareStrings(one.identity, other.identity));
}

/** Behind their entries: who is noted has been accepted. */
export async function noteRecipients(space: Space, id: string, recipients: Recipients, call: QueueCall): Promise<void> {
  const { identities, expiresAt } = recipients;
  let page: string[] = [];
  let bytes = 0;
  const pages = [page];
  for (const identity of identities) {
    bytes += 6 * identity.length;
    if (bytes > MOST_BYTES) {
      page = [];
      pages.push(page);
      bytes = 6 * identity.length;
    }
    page.push(identity);
  }
  const { jetStream, subjects } = space;
  await Promise.all(
    pages
      .filter(({ length }) => length > 0)
      .map(async (some) => {
        const body = JSON.stringify({ identities: some, expiresAt } satisfies Recipients);
        return jetStream.publish(subjects.recipients(id, randomUUID()), body, {}, call);
      }),
  );
}

type Claim = { readonly sequence: number } | { readonly stands: Stored };

/** One of several has it; what is over its retention counts as nothing. */
async function claimSubject(space: Space, subject: string, body: Uint8Array, call: QueueCall): Promise<Claim> {
  for (let expected = 0; ; ) {
    const published = await space.jetStream.publish(subject, body, { expected }, call);
    if (!("refused" in published)) return { sequence: published.sequence };
    const stored = await space.last(space.subjects.records, subject, call);
    if (stored !== undefined && !isForgotten(space, stored)) return { stands: stored };
    expected = stored?.sequence ?? 0;
  }
}

async function standing(space: Space, subject: string, call: QueueCall): Promise<Stored | undefined> {
  const stored = await space.last(space.subjects.records, subject, call);
  return stored === undefined || isForgotten(space, stored) ? undefined : stored;
}

function isForgotten({ scope, clock }: Space, stored: Stored): boolean {
  return headIn(stored).startedAt + scope.trackingRetentionMs <= clock.now;
}

function headIn({ data }: Stored): StartHead {
  return unframed<StartHead>(data).head;
}

function recordIn(data: Uint8Array): MulticastRecord {
  const { head, payload } = unframed<StartHead>(data);
  const { idempotencyKey, digest, filter, ttlMs, state, startedAt } = head;
  return { message: messageOf(head, payload), idempotencyKey, digest, filter, ttlMs, state, startedAt };
}

function trackedOf(identity: string, state: State | undefined, enqueuedUntil: number, now: number): TrackedDelivery {
  const attempts = state?.attempts ?? 0;
  const isPast = (state?.expiresAt ?? enqueuedUntil) <= now && (state?.until ?? 0) <= now;
  const failed = (code: TrackedDelivery["code"], reason: string): TrackedDelivery => ({
    identity,
    status: "failed",
    code,
    reason,
    attempts,
  });
  switch (state?.is) {
    case "acked":
      return { identity, status: "delivered", code: undefined, reason: undefined, attempts };
    case "dead":
    case "purged":
      return failed(state.death?.code ?? "DEAD_LETTERED", state.death?.reason ?? "");
    case "expired":
      return failed("EXPIRED", EXPIRED_REASON);
    default:
      if (isPast) return failed("EXPIRED", EXPIRED_REASON);
      return { identity, status: "pending", code: undefined, reason: undefined, attempts };
  }
}

const EXPIRED_REASON = "its time to live was over";

/** The contract's `dequeue`: entries are pulled, and who can write that a delivery is leased has it. */

import type { DequeueOptions, DurableMessage, Leased, LeasedRecipient } from "@muster/core/slots";
import { hasEnded } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import { pull, type Pulled } from "../jetstream/pull.ts";
import { entryIn } from "./entries.ts";
import { judge, type Won } from "./judging.ts";
import { receiptOf } from "./receipts.ts";
import { comeBack, comeBackTogether } from "./settling.ts";
import type { Space } from "./space.ts";

/** The sender stores a message while it enqueues it. */
const SOON_MS = 50;
/** Behind as many as were asked for others may wait, whom JetStream hands out after all that comes back before. */
const BEHIND_OTHERS_MS = 250;

export async function dequeue(
  space: Space,
  session: string,
  { max, maxPerIdentity, waitMs, leaseMs }: DequeueOptions,
  call: QueueCall,
): Promise<readonly Leased[]> {
  const place = space.subjects.placeOf(session);
  const endsAt = performance.now() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const leftMs = Math.max(0, endsAt - performance.now());
    if (!isFirst && leftMs === 0 && waitMs > 0) return [];
    const pulled = await pullFrom(space, place, { batch: max, waitMs: leftMs }, call);
    if (hasEnded(call)) {
      for (const { ackSubject } of pulled) comeBack(space, ackSubject, 0);
      return [];
    }
    if (pulled.length === 0) {
      if (leftMs === 0) return [];
      continue;
    }
    const { own, beyond } = dividedBy(maxPerIdentity, pulled);
    for (const { ackSubject } of beyond) comeBack(space, ackSubject, pulled.length < max ? 0 : BEHIND_OTHERS_MS);
    const leased = await lease(space, place, own, leaseMs, call);
    if (leased.length > 0) return leased;
  }
}

/** JetStream can't choose by identity: what one has beyond so many goes back. */
function dividedBy(
  maxPerIdentity: number,
  pulled: readonly Pulled[],
): { readonly own: readonly Pulled[]; readonly beyond: readonly Pulled[] } {
  const counts = new Map<string, number>();
  const [own, beyond]: [Pulled[], Pulled[]] = [[], []];
  for (const one of pulled) {
    const { identity } = entryIn(one.data);
    const count = (counts.get(identity) ?? 0) + 1;
    counts.set(identity, count);
    (count > maxPerIdentity ? beyond : own).push(one);
  }
  return { own, beyond };
}

/** What is at hand in a place. @throws what JetStream says; TIMEOUT: it says nothing, so whether there is a consumer is in doubt. */
export async function pullFrom(
  { consumers, jetStream, subjects }: Space,
  place: string,
  { batch, waitMs }: { readonly batch: number; readonly waitMs: number },
  call: QueueCall,
): Promise<readonly Pulled[]> {
  const at = { stream: subjects.queue, consumer: place };
  const endsAt = performance.now() + waitMs;
  for (let leftMs = waitMs; ; leftMs = Math.max(0, endsAt - performance.now())) {
    await consumers.ensure(place, call);
    try {
      const { pulled, isGone } = await pull(jetStream, at, { batch, waitMs: leftMs }, call);
      if (!isGone) return pulled;
      consumers.doubt(place);
      if (pulled.length > 0 || hasEnded(call)) return pulled;
    } catch (error) {
      consumers.doubt(place);
      throw error;
    }
  }
}

async function lease(
  space: Space,
  place: string,
  pulled: readonly Pulled[],
  leaseMs: number,
  call: QueueCall,
): Promise<readonly Leased[]> {
  const ids = new Set(pulled.map(({ data }) => entryIn(data).id));
  const [messages] = await Promise.all([readMessages(space, ids, call), space.attachments.sync()]);
  const judged = await Promise.all(
    pulled.map(async (one) => {
      if (messages.has(entryIn(one.data).id)) return judge(space, place, one, { leaseMs }, call);
      // Nobody can be handed it; what is over ends all the same.
      const verdict = await judge(space, place, one, "leave", call);
      if (verdict === undefined) comeBack(space, one.ackSubject, SOON_MS);
      return verdict;
    }),
  );
  const won = judged.flatMap((one) => (typeof one === "object" ? one : []));
  const ackSubjects = won.map(({ ackSubject }) => ackSubject);
  await comeBackTogether(space, ackSubjects, leaseMs, call);
  return grouped(space, won, messages);
}

async function readMessages(
  { messages }: Space,
  ids: ReadonlySet<string>,
  call: QueueCall,
): Promise<ReadonlyMap<string, DurableMessage>> {
  const found = await Promise.all(Array.from(ids, async (id) => messages.read(id, call)));
  return new Map(found.flatMap((message) => (message === undefined ? [] : [[message.id, message] as const])));
}

/** By message, in the order in which they were pulled. */
function grouped(space: Space, won: readonly Won[], messages: ReadonlyMap<string, DurableMessage>): readonly Leased[] {
  const groups = new Map<DurableMessage, LeasedRecipient[]>();
  for (const { entry, epoch, state, sequence, ackSubject } of won) {
    const message = messages.get(entry.id);
    if (message === undefined) continue; // None that was leased is without one.
    const { identity } = entry;
    const receipt = receiptOf(space, entry.id, state, sequence, ackSubject);
    const recipient = { identity, epoch, receipt, attempt: state.attempts };
    const group = groups.get(message);
    if (group === undefined) groups.set(message, [recipient]);
    else group.push(recipient);
  }
  // What a receiver does to its bytes is its own affair.
  return Array.from(groups, ([message, recipients]) => ({
    message: { ...message, payload: Uint8Array.from(message.payload) },
    recipients,
  }));
}

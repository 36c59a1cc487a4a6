/**
 * The life of one delivery: each arrow of the diagram in the slot's contract is one function here.
 *
 * Every pending delivery lies in its mailbox and stands in the agenda; of the others, only dead letters do the latter.
 */

import type { DeadCode } from "@muster/core/slots";
import { forgetSettled } from "./forgetting.ts";
import { append, takeOut } from "./mailbox.ts";
import type { Queues } from "./queues.ts";
import type { Delivery, Intake } from "./stored.ts";

/** ──► queued, behind whatever its identity has. */
export function queue(queues: Queues, delivery: Delivery): void {
  const { mailbox, intake } = delivery;
  delivery.state = "queued";
  append(mailbox, delivery);
  queues.agenda.put(delivery, intake.expiresAt);
  if (mailbox.first === delivery) queues.mailboxes.relist(mailbox);
}

/** queued ──► leased, to whom its mailbox is attached. Who calls it relists the mailbox. */
export function lease(queues: Queues, delivery: Delivery, endsAt: number): void {
  const { mailbox } = delivery;
  delivery.state = "leased";
  delivery.attempts += 1;
  delivery.lease += 1;
  delivery.attachment = mailbox.attachment;
  delivery.settledAs = undefined;
  mailbox.leased += 1;
  queues.agenda.put(delivery, endsAt);
}

/** leased ──► queued, in its old place. It is not due before `notBefore`. */
export function comeBack(queues: Queues, delivery: Delivery, notBefore?: number): void {
  const { mailbox } = delivery;
  const { expiresAt } = delivery.intake;
  if (delivery.state === "leased") mailbox.leased -= 1;
  delivery.state = notBefore === undefined ? "queued" : "delayed";
  queues.agenda.put(delivery, Math.min(notBefore ?? expiresAt, expiresAt));
  queues.mailboxes.relist(mailbox);
}

/** leased ──► queued, as if it had never been leased. */
export function release(queues: Queues, delivery: Delivery): void {
  delivery.attempts -= 1;
  delivery.settledAs = "release";
  comeBack(queues, delivery);
}

/** leased ──► delivered. */
export function acknowledge(queues: Queues, delivery: Delivery): void {
  end(queues, delivery);
  delivery.state = "delivered";
  delivery.message.delivered += 1;
  forgetSettled(queues, delivery);
}

/** ──► expired: nobody can try it again. */
export function expire(queues: Queues, delivery: Delivery, now: number): void {
  end(queues, delivery);
  fail(delivery, { code: "EXPIRED", reason: "nobody had handled it when its time to live was over" }, now);
  forgetSettled(queues, delivery);
}

/** ──► dead letter, until `keptUntil`. */
export function die(
  queues: Queues,
  delivery: Delivery,
  why: { readonly code: DeadCode; readonly reason: string },
  now: number,
  keptUntil: number,
): void {
  end(queues, delivery);
  fail(delivery, why, now);
  queues.agenda.put(delivery, keptUntil);
  queues.deadLetters.add(delivery);
}

/** It is still known to have failed, as long as its message is. */
export function forgetDeadLetter(queues: Queues, delivery: Delivery): void {
  queues.agenda.remove(delivery);
  queues.deadLetters.delete(delivery);
  forgetSettled(queues, delivery);
}

/** dead letter ──► queued, as if it were new; receipts from before are worthless. */
export function redrive(queues: Queues, delivery: Delivery, intake: Intake): void {
  queues.deadLetters.delete(delivery);
  delivery.message.failed -= 1;
  delivery.failure = undefined;
  delivery.attempts = 0;
  delivery.lease += 1;
  delivery.settledAs = undefined;
  delivery.intake = intake;
  queue(queues, delivery);
}

function end(queues: Queues, delivery: Delivery): void {
  const { mailbox } = delivery;
  queues.agenda.remove(delivery);
  if (delivery.state === "leased") mailbox.leased -= 1;
  takeOut(mailbox, delivery);
  queues.mailboxes.relist(mailbox);
}

function fail(delivery: Delivery, why: { readonly code: DeadCode; readonly reason: string }, diedAt: number): void {
  delivery.state = "failed";
  delivery.failure = { code: why.code, reason: why.reason, diedAt };
  delivery.message.failed += 1;
}

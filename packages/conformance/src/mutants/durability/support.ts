/** Ways to break one thing in durability and leave the rest as it is. */

import {
  type BatchFailure,
  type DeadLetterFacet,
  type DurabilityBackend,
  type ErrorCode,
  type Leased,
  type LeasedRecipient,
  MusterError,
  type Settlement,
  type TrackingFacet,
  type TransactionFacet,
} from "@muster/core/slots";
import { overridden, withDurability } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";

type Fault<S> = (real: DurabilityBackend, state: () => S) => Partial<DurabilityBackend>;

/** The subject with the fault in each client; what the fault remembers is shared by the clients of one namespace. */
export function withQueues<S>(subject: Subject, fresh: () => S, fault: Fault<S>): Subject {
  const states = new Map<string, S>();
  return withDurability(subject, (real) => {
    let state = fresh();
    const faulty = fault(real, () => state);
    const open: DurabilityBackend["open"] = async (scope, call) => {
      await (faulty.open ?? real.open.bind(real))(scope, call);
      state = states.get(scope.namespace) ?? state;
      states.set(scope.namespace, state);
    };
    return { ...faulty, open };
  });
}

/** The subject with what its clients hand out changed. */
export function withLeased(
  subject: Subject,
  change: (leased: readonly Leased[], real: DurabilityBackend) => readonly Leased[],
): Subject {
  return withDurability(subject, (real) => ({
    dequeue: async (session, options, call) => change(await real.dequeue(session, options, call), real),
  }));
}

/** The subject with each settlement changed; `undefined`: it is not passed on, and nothing is said of it. */
export function withSettlements(subject: Subject, change: (settlement: Settlement) => Settlement | undefined): Subject {
  return withDurability(subject, (real) => ({
    settleMany: async (settlements, call) =>
      real.settleMany(
        settlements.flatMap((one) => change(one) ?? []),
        call,
      ),
  }));
}

export function withTracking(subject: Subject, fault: (real: TrackingFacet) => Partial<TrackingFacet>): Subject {
  return withDurability(subject, ({ tracking }) => (tracking ? { tracking: overridden(tracking, fault) } : {}));
}

export function withTransactions(
  subject: Subject,
  fault: (real: TransactionFacet, durability: DurabilityBackend) => Partial<TransactionFacet>,
): Subject {
  return withDurability(subject, (real) => {
    const { transactions } = real;
    return transactions ? { transactions: overridden(transactions, (facet) => fault(facet, real)) } : {};
  });
}

export function withDeadLetters(
  subject: Subject,
  fault: (real: DeadLetterFacet, durability: DurabilityBackend) => Partial<DeadLetterFacet>,
): Subject {
  return withDurability(subject, (real) => {
    const { deadLetters } = real;
    return deadLetters ? { deadLetters: overridden(deadLetters, (facet) => fault(facet, real)) } : {};
  });
}

/** Recipients without those that are taken out; messages without any are gone. */
export function only(
  leased: readonly Leased[],
  keep: (recipient: LeasedRecipient, id: string) => boolean,
): readonly Leased[] {
  return leased
    .map(({ message, recipients }) => ({ message, recipients: recipients.filter((one) => keep(one, message.id)) }))
    .filter(({ recipients }) => recipients.length > 0);
}

export function eachRecipient(
  leased: readonly Leased[],
  change: (recipient: LeasedRecipient, id: string) => LeasedRecipient,
): readonly Leased[] {
  return leased.map(({ message, recipients }) => ({
    message,
    recipients: recipients.map((one) => change(one, message.id)),
  }));
}

/** One delivery, by message and recipient. */
export function keyOf(id: string, identity: string): string {
  return JSON.stringify([id, identity]);
}

export function recipientsIn(leased: readonly Leased[]): readonly (LeasedRecipient & { readonly id: string })[] {
  return leased.flatMap(({ message: { id }, recipients }) => recipients.map((one) => ({ ...one, id })));
}

export function failure(
  index: number,
  code: Extract<ErrorCode, "FENCED" | "QUEUE_FULL" | "NOT_FOUND" | "INVALID_ARGUMENT">,
): BatchFailure {
  return { index, error: refusal(code) };
}

export function refusal(
  code: Extract<ErrorCode, "FENCED" | "QUEUE_FULL" | "NOT_FOUND" | "INVALID_ARGUMENT">,
): MusterError {
  return new MusterError({ code, source: "mutant", message: "it is refused" });
}

export function without(failures: readonly BatchFailure[], code: ErrorCode): readonly BatchFailure[] {
  return failures.filter(({ error }) => error.code !== code);
}

/** Gives repetitions an id of their own inside the store, so that it takes them for other messages, and takes it off again. */
export function alias(id: string, times: number): string {
  return times === 0 ? id : `${id}\u0001${times}`;
}

export function unaliased(leased: readonly Leased[]): readonly Leased[] {
  return leased.map(({ message, recipients }) => ({
    message: { ...message, id: message.id.split("\u0001")[0] ?? message.id },
    recipients,
  }));
}

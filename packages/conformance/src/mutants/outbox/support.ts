/** Ways to break one thing in an outbox and leave the rest as it is. */

import {
  isMusterError,
  type OutboxBackend,
  type OutboxDelivery,
  type OutboxTarget,
  type Parcel,
  type ParcelSettlement,
  type ShardLease,
} from "@muster/core/slots";
import { withOutbox } from "../../mutant.ts";
import type { OutboxProbe, OwnTransaction, Subject } from "../../subject.ts";

type Fault<S> = (real: OutboxBackend, state: () => S) => Partial<OutboxBackend>;

/** The subject with the fault in each client; what the fault remembers is shared by the clients of one namespace. */
export function withShards<S>(subject: Subject, fresh: () => S, fault: Fault<S>): Subject {
  const states = new Map<string, S>();
  return withOutbox(subject, (real) => {
    let state = fresh();
    const faulty = fault(real, () => state);
    const open: OutboxBackend["open"] = async (scope, call) => {
      await (faulty.open ?? real.open.bind(real))(scope, call);
      state = states.get(scope.namespace) ?? state;
      states.set(scope.namespace, state);
    };
    return { ...faulty, open };
  });
}

/** The subject with what its clients take changed. */
export function withTaken(
  subject: Subject,
  change: (parcels: readonly Parcel[], lease: ShardLease) => readonly Parcel[],
): Subject {
  return withOutbox(subject, (real) => ({
    take: async (lease, options, call) => change(await real.take(lease, options, call), lease),
  }));
}

/** The subject with each settlement changed; `undefined`: it is not passed on. */
export function withParcelSettlements(
  subject: Subject,
  change: (settlement: ParcelSettlement) => ParcelSettlement | undefined,
): Subject {
  return withOutbox(subject, (real) => ({
    settleMany: async (lease, settlements, call) =>
      real.settleMany(
        lease,
        settlements.flatMap((one) => change(one) ?? []),
        call,
      ),
  }));
}

/** The subject with what its clients tell of deliveries changed, page by page. */
export function withOutboxDeliveries(
  subject: Subject,
  change: (page: readonly OutboxDelivery[]) => readonly OutboxDelivery[],
): Subject {
  return withOutbox(subject, (real) => ({
    async *deliveries(id, query, call) {
      for await (const page of real.deliveries(id, query, call)) yield change(page);
    },
  }));
}

/** The subject with its transactions in another way. */
export function withTransactionsOf(
  subject: Subject,
  fault: (own: OwnTransaction, probe: OutboxProbe) => Partial<OwnTransaction>,
): Subject {
  const { outboxProbe } = subject;
  if (outboxProbe === undefined) return subject;
  const begin = async (): Promise<OwnTransaction> => {
    const own = await outboxProbe.begin();
    return { ...own, ...fault(own, outboxProbe) };
  };
  return { ...subject, outboxProbe: { ...outboxProbe, begin } };
}

/** All that was given, in one page. */
export async function collected(targets: AsyncIterable<readonly OutboxTarget[]>): Promise<readonly OutboxTarget[]> {
  const all: OutboxTarget[] = [];
  for await (const page of targets) all.push(...page);
  return all;
}

export async function* inOnePage<T>(page: readonly T[]): AsyncGenerator<readonly T[], void, undefined> {
  yield await Promise.resolve(page);
}

/** What it comes to, or that when it is fenced. */
export async function unfenced<T>(work: Promise<T>, instead: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isMusterError(error, "FENCED")) return instead;
    throw error;
  }
}

/** What can be asked of the outbox client of a process that may die, and of the transactions that it has begun. */

import type { Call, MulticastStart, OutboxBackend, OutboxTarget } from "@muster/core/slots";
import type { OutboxProbe, OwnTransaction } from "../subject.ts";
import { lifeMethods, type Methods, pageMethods } from "./methods.ts";

/** What a method takes before its call. */
type Given<Name extends keyof OutboxBackend> = OutboxBackend[Name] extends (...args: [...infer T, Call]) => unknown
  ? T
  : never;

export function outboxMethods(outbox: OutboxBackend, probe: OutboxProbe | undefined): Methods {
  return {
    ...lifeMethods(outbox, () => ({ traits: outbox.traits })),
    leaseShards: async (call, ...given: Given<"leaseShards">) => outbox.leaseShards(...given, call),
    releaseShards: async (call, ...given: Given<"releaseShards">) => outbox.releaseShards(...given, call),
    take: async (call, ...given: Given<"take">) => outbox.take(...given, call),
    settleMany: async (call, ...given: Given<"settleMany">) => outbox.settleMany(...given, call),
    backlog: async (call) => outbox.backlog(call),
    find: async (call, ...given: Given<"find">) => outbox.find(...given, call),
    counts: async (call, ...given: Given<"counts">) => outbox.counts(...given, call),
    deliveries: async (call, ...given: Given<"deliveries">) =>
      call.keep(pageMethods(() => outbox.deliveries(...given, call))),
    sweep: async (call, ...given: Given<"sweep">) => outbox.sweep(...given, call),
    begin: async (call) => {
      if (probe === undefined) throw new Error("the subject has no outboxProbe");
      call.keep(transactionMethods(await probe.begin(), outbox));
    },
  };
}

function transactionMethods(own: OwnTransaction, outbox: OutboxBackend): Methods {
  return {
    write: async (_, key: string) => own.write(key),
    record: async (call, start: MulticastStart, pages: readonly (readonly OutboxTarget[])[]) =>
      outbox.record(own.transaction, start, each(pages), call),
    // It stays a target when it has ended: what is asked of it then has an answer, too.
    commit: async () => own.commit(),
    rollback: async () => own.rollback(),
  };
}

async function* each<T>(all: readonly T[]): AsyncGenerator<T, void, undefined> {
  for (const one of all) yield await Promise.resolve(one);
}

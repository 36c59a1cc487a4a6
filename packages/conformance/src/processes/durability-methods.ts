/** What can be asked of the durability client of a process that may die. */

import type { Call, DurabilityBackend, TrackingFacet } from "@muster/core/slots";
import type { TransactionProbe } from "../subject.ts";
import { lifeMethods, type Methods, pageMethods } from "./methods.ts";
import { failuresOnWire } from "./wire.ts";

/** What a method takes before its call. */
type Given<Facet, Name extends keyof Facet> = Facet[Name] extends (...args: [...infer T, Call]) => unknown ? T : never;
type Slot<Name extends keyof DurabilityBackend> = Given<DurabilityBackend, Name>;

export function durabilityMethods(durability: DurabilityBackend, probe: TransactionProbe | undefined): Methods {
  const claims = (): object => ({
    traits: durability.traits,
    tracking: durability.tracking !== undefined,
    transactions: durability.transactions !== undefined,
    deadLetters: durability.deadLetters !== undefined,
  });
  return {
    ...lifeMethods(durability, claims),
    enqueueMany: async (call, ...given: Slot<"enqueueMany">) =>
      failuresOnWire(await durability.enqueueMany(...given, call)),
    attachMany: async (call, ...given: Slot<"attachMany">) =>
      failuresOnWire(await durability.attachMany(...given, call)),
    detachMany: async (call, ...given: Slot<"detachMany">) => durability.detachMany(...given, call),
    dequeue: async (call, ...given: Slot<"dequeue">) => durability.dequeue(...given, call),
    settleMany: async (call, ...given: Slot<"settleMany">) =>
      failuresOnWire(await durability.settleMany(...given, call)),
    extendMany: async (call, ...given: Slot<"extendMany">) =>
      failuresOnWire(await durability.extendMany(...given, call)),
    dropMany: async (call, ...given: Slot<"dropMany">) => durability.dropMany(...given, call),
    sweep: async (call, ...given: Slot<"sweep">) => durability.sweep(...given, call),
    ...(durability.tracking && trackingMethods(durability.tracking)),
    ...transactionMethods(durability, probe),
    ...deadLetterMethods(durability),
  };
}

function trackingMethods(tracking: TrackingFacet): Methods {
  type Own<Name extends keyof TrackingFacet> = Given<TrackingFacet, Name>;
  return {
    begin: async (call, ...given: Own<"begin">) => tracking.begin(...given, call),
    complete: async (call, ...given: Own<"complete">) => tracking.complete(...given, call),
    find: async (call, ...given: Own<"find">) => tracking.find(...given, call),
    counts: async (call, ...given: Own<"counts">) => tracking.counts(...given, call),
    deliveries: async (call, ...given: Own<"deliveries">) =>
      call.keep(pageMethods(() => tracking.deliveries(...given, call))),
  };
}

function transactionMethods({ transactions }: DurabilityBackend, probe: TransactionProbe | undefined): Methods {
  if (transactions === undefined) return {};
  return {
    handleOnce: async (call, delivery: Parameters<typeof transactions.handleOnce>[0], keys: readonly string[]) =>
      transactions.handleOnce(
        delivery,
        async (transaction) => {
          for (const key of keys) await probe?.write(transaction, key);
        },
        call,
      ),
  };
}

function deadLetterMethods({ deadLetters }: DurabilityBackend): Methods {
  if (deadLetters === undefined) return {};
  type Own<Name extends keyof typeof deadLetters> = Given<typeof deadLetters, Name>;
  return {
    list: async (call, ...given: Own<"list">) => call.keep(pageMethods(() => deadLetters.list(...given, call))),
    redriveMany: async (call, ...given: Own<"redriveMany">) =>
      failuresOnWire(await deadLetters.redriveMany(...given, call)),
    purgeMany: async (call, ...given: Own<"purgeMany">) => failuresOnWire(await deadLetters.purgeMany(...given, call)),
  };
}

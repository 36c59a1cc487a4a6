import type { Call, DurabilityBackend } from "@muster/core/slots";
import { type Around, pagesAround } from "./around-pages.ts";

type Asynchronous = (...args: unknown[]) => Promise<unknown>;

/** Something done around every operation of a durability backend, those of its facets included. */
export function aroundDurability(real: DurabilityBackend, around: Around): Partial<DurabilityBackend> {
  const { tracking, transactions, deadLetters } = real;
  return {
    ...allAround(real, around, [
      "enqueueMany",
      "attachMany",
      "detachMany",
      "dequeue",
      "settleMany",
      "extendMany",
      "dropMany",
      "sweep",
    ]),
    ...(tracking && {
      tracking: {
        ...tracking,
        ...allAround(tracking, around, ["begin", "complete", "find", "counts"]),
        deliveries: (id, query, call) =>
          pagesAround("deliveries", call, (inner) => tracking.deliveries(id, query, inner), around),
      },
    }),
    ...(transactions && { transactions: { ...transactions, ...allAround(transactions, around, ["handleOnce"]) } }),
    ...(deadLetters && {
      deadLetters: {
        ...deadLetters,
        ...allAround(deadLetters, around, ["redriveMany", "purgeMany"]),
        list: (query, call) => pagesAround("list", call, (inner) => deadLetters.list(query, inner), around),
      },
    }),
  };
}

/** Methods whose last argument is their call. */
function allAround<T extends object, Name extends keyof T & string>(
  real: T,
  around: Around,
  names: readonly Name[],
): Pick<T, Name> {
  const methods = names.map((name) => {
    const method = (...args: unknown[]): Promise<unknown> => {
      const call = args.at(-1) as Call; // As of every operation of a slot.
      const own = real[name] as Asynchronous;
      return around(name, call, async (inner) => own.call(real, ...args.slice(0, -1), inner));
    };
    return [name, method] as const;
  });
  return Object.fromEntries(methods) as unknown as Pick<T, Name>; // Each has the type of the method that it calls.
}

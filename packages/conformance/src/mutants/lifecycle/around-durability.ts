import type { DurabilityBackend } from "@muster/core/slots";
import { allAround } from "./around-methods.ts";
import { type Around, pagesAround } from "./around-pages.ts";

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

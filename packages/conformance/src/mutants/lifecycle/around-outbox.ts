import type { OutboxBackend } from "@muster/core/slots";
import { allAround } from "./around-methods.ts";
import { type Around, pagesAround } from "./around-pages.ts";

/** Something done around every operation of an outbox. */
export function aroundOutbox(real: OutboxBackend, around: Around): Partial<OutboxBackend> {
  const { bells } = real;
  return {
    ...allAround(real, around, [
      "record",
      "leaseShards",
      "releaseShards",
      "take",
      "settleMany",
      "backlog",
      "find",
      "counts",
      "sweep",
    ]),
    deliveries: (id, query, call) =>
      pagesAround("deliveries", call, (inner) => real.deliveries(id, query, inner), around),
    ...(bells && { bells: { ...bells, ...allAround(bells, around, ["listen"]) } }),
  };
}

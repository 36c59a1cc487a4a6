/** The tracking facet. */

import { checkPageSize, type Call, type TrackedDelivery, type TrackingFacet } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import type { Access } from "./access.ts";
import { checks } from "./arguments.ts";
import { ownCopyOf } from "./messages.ts";
import type { DeliveryQuery } from "./tracking.ts";

export function trackingFacet(access: Access): TrackingFacet {
  return {
    begin: async (start, call) =>
      access.ask("beginMulticast", "begin", call, () => {
        checks.checkMessage(start.message, "begin");
        checks.checkIdempotencyKey(start.idempotencyKey, "begin");
        return { start: { ...start, ttlMs: Math.ceil(start.ttlMs), message: ownCopyOf(start.message) } };
      }),
    complete: async (id, call) => access.ask("completeMulticast", "complete", call, () => ({ id })),
    find: async (id, call) => access.ask("findMulticast", "find", call, () => ({ id })),
    counts: async (id, call) => access.ask("countDeliveries", "counts", call, () => ({ id })),
    deliveries: (id, query, call) => pages(access, id, query, call),
  };
}

async function* pages(
  access: Access,
  id: string,
  query: DeliveryQuery,
  call: Call,
): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
  checkPageSize(query.pageSize, `${NAME}.deliveries`);
  yield* access.pages<TrackedDelivery>("deliveries", call, async (space, last, sent) => {
    const behind = last === undefined ? query : { ...query, after: last.identity };
    return access.client.run("readDeliveries", { ...space, id, query: behind }, sent);
  });
}

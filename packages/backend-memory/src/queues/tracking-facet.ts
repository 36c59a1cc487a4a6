/** The tracking facet: multicasts as they began, and what became of their deliveries. */

import { type Call, checkPageSize, type TrackedDelivery, type TrackingFacet } from "@muster/core/slots";
import { checkMessage } from "../arguments.ts";
import { NAME } from "../client.ts";
import type { Access } from "./access.ts";
import { begin, complete, countsOf, type DeliveryQuery, pageOf, recordOf } from "./tracking.ts";

export function trackingFacet(access: Access): TrackingFacet {
  return {
    begin: (start, call) =>
      access.run("begin", call, (queues, moment) => {
        checkMessage(start.message, "begin");
        return begin(queues, start, moment);
      }),
    complete: (id, call) => access.run("complete", call, (queues) => complete(queues, id)),
    find: (id, call) => access.run("find", call, ({ messages }) => recordOf(messages.find(id))),
    counts: (id, call) => access.run("counts", call, ({ messages }) => countsOf(messages.find(id))),
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
  let next = query;
  while (true) {
    const page = await access.run("deliveries", call, ({ messages }) => pageOf(messages.find(id), next));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < query.pageSize) return;
    next = { ...query, after: last.identity };
  }
}

/** Extending lives: `renewMany`. */

import type { Lease, LeaseOutcome } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { renewScript } from "../scripts/renew.ts";
import { partsOf, sendParts } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { listIn, numberIn } from "./replies.ts";

const NOT_RENEWED: ReadonlyMap<number, LeaseOutcome> = new Map([
  [-1, "never"],
  [-2, "fenced"],
  [-3, "absent"],
]);

/** The contract's `renewMany`. */
export async function renewMany(
  { client, plainWriteKeys }: Namespace,
  leases: readonly Lease[],
  call: RedisCall,
): Promise<readonly LeaseOutcome[]> {
  const parts = partsOf(leases, ({ identity }) => identity.length);
  return sendParts(parts, `${NAME}.renewMany`, call, async (part) => {
    const reply = await client.run(renewScript, plainWriteKeys, columnsOf(part), call);
    return listIn(reply).map((outcome) => NOT_RENEWED.get(numberIn(outcome)) ?? numberIn(outcome));
  });
}

function columnsOf(leases: readonly Lease[]): readonly string[] {
  return [
    ...leases.map(({ identity }) => identity),
    ...leases.map(({ epoch }) => String(epoch)),
    ...leases.map(({ ttlMs }) => (ttlMs === undefined ? "" : String(ttlMs))),
    ...leases.map(({ expiresAt }) => (expiresAt === undefined ? "" : String(Math.ceil(expiresAt)))),
  ];
}

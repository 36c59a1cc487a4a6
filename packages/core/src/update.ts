import type { Metadata } from "@muster/filter";
import type { Host } from "./host.ts";
import { inOrder } from "./tasks/in-order.ts";
import { applyPatch } from "./input/merge-patch.ts";
import { addressOf } from "./life/own-address.ts";
import { rewrite } from "./life/rewrite.ts";
import type { Served } from "./life/served.ts";
import type { Call } from "./slots/index.ts";

const SOURCE = "core.update";

/**
 * Merges `patch` into the handle's metadata, in the store and then in the handle. Updates of one handle apply in the order
 * of the calls; one that fails leaves the handle as it was.
 *
 * @throws FENCED, INVALID_METADATA, CONFLICT, TIMEOUT, ABORTED
 */
export async function update(host: Host, served: Served, patch: unknown, call: Call): Promise<void> {
  const { schema, limits } = host;
  const { identity } = served.options;
  const merge = (current: Metadata): Metadata =>
    applyPatch(current, patch, { schema, limits, identity, now: Date.now(), source: SOURCE });
  await inOrder(served, call, SOURCE, () =>
    rewrite(host, served, { source: SOURCE, address: addressOf(host, served), metadata: merge }, call),
  );
}

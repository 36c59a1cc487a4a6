import type { Context } from "../../context.ts";
import type { Route } from "../../slots/index.ts";
import { isNodeAddress } from "../../wire/addresses.ts";

/** Of the processes that serve them, as far as their sessions have been looked up. */
export function nodesOf({ directory }: Context, routes: readonly Route[]): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const { address, session } of routes) {
    const node = address === undefined || isNodeAddress(address) ? address : directory.nodeOf(session);
    if (node !== undefined) nodes.add(node);
  }
  return nodes;
}

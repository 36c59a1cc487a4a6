import type { Context } from "../../context.ts";
import type { Call, Route } from "../../slots/index.ts";
import { isNodeAddress } from "../../wire/addresses.ts";
import { standingOf } from "./presence.ts";

/** Of the processes that serve them, as far as their sessions have been looked up. */
export function nodesOf({ directory }: Context, routes: readonly Route[]): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const { address, session } of routes) {
    const node = address === undefined || isNodeAddress(address) ? address : directory.nodeOf(session);
    if (node !== undefined) nodes.add(node);
  }
  return nodes;
}

/** Of those that can be told; the others find it at their next poll. Never rejects. */
export async function nodesServing(
  context: Context,
  targets: readonly { readonly identity: string }[],
  call: Call,
): Promise<ReadonlySet<string>> {
  if (context.messaging === undefined) return new Set();
  try {
    const identities = [...new Set(targets.map(({ identity }) => identity))];
    const { routes } = await standingOf(context, identities, call);
    return nodesOf(context, routes);
  } catch {
    return new Set();
  }
}

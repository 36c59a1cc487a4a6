/** Moving a slot of a cluster from its master to another, as an operator does. */

import type { Server } from "@muster/servers";
import { tell } from "./support.ts";

export async function slotsOf(nodes: readonly Server[], keys: readonly string[]): Promise<readonly number[]> {
  const url = nodes[0]?.url ?? "";
  return Promise.all(keys.map(async (key) => Number(await tell(url, "CLUSTER", "KEYSLOT", key))));
}

/** `meanwhile` runs while the slot is on its way. There must be no keys in it. */
export async function moveSlot(nodes: readonly Server[], slot: number, meanwhile: () => Promise<void>): Promise<void> {
  const ids = await Promise.all(nodes.map(async ({ url }) => String(await tell(url, "CLUSTER", "MYID"))));
  const from = await ownerOf(nodes, slot);
  const to = (from + 1) % nodes.length;
  const [source, target] = [nodes[from]?.url ?? "", nodes[to]?.url ?? ""];
  await tell(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from] ?? "");
  await tell(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to] ?? "");
  await meanwhile();
  // The target first: until it knows, nobody would take the slot.
  const others = nodes.map(({ url }) => url).filter((url) => url !== target);
  for (const url of [target, ...others]) await tell(url, "CLUSTER", "SETSLOT", slot, "NODE", ids[to] ?? "");
}

/** Position of the node that has the slot. */
async function ownerOf(nodes: readonly Server[], slot: number): Promise<number> {
  const ranges = (await tell(nodes[0]?.url ?? "", "CLUSTER", "SLOTS")) as readonly [number, number, [string, number]][];
  const port = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
  return nodes.findIndex((node) => node.port === port);
}

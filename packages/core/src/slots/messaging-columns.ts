/** From columns to messages, where there is no quicker way to publish them. */

import type { Outgoing, OutgoingColumns } from "./messaging.ts";

/** A message for each address. */
export function rowsOf(batch: OutgoingColumns): Outgoing[] {
  const rowAt = rowReader(batch);
  return batch.addresses.map((_, index) => rowAt(index));
}

/** Gives the message to `addresses[index]`. */
export function rowReader({ addresses, headers, columns, body }: OutgoingColumns): (index: number) => Outgoing {
  const own = Object.entries(columns);
  // Adding a header to an object takes twenty times as long as copying all and writing over some.
  const all = { ...headers, ...Object.fromEntries(own.map(([name]) => [name, ""])) };
  return (index) => {
    const row: Record<string, string> = { ...all };
    for (const [name, values] of own) row[name] = values[index] ?? "";
    return { address: addresses[index] ?? "", headers: row, body };
  };
}

/** Reading by one script that knows all of it at once: registrations by identity, and how many there are. */

import type { Census, Registration, Route } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { isLive, metadataText, StampReader } from "../codec.ts";
import { NAME } from "../errors.ts";
import { censusScript, readScript } from "../scripts/records.ts";
import { partsOf, sendParts } from "./batches.ts";
import type { Namespace } from "./namespace.ts";
import { bytesIn, listIn, numberIn } from "./replies.ts";
import { EVERY_RECORD, type Selector } from "./selecting.ts";

/** Live registrations, or routes, in the order of their identities' bytes. */
export interface Page<T extends Route> {
  readonly items: readonly T[];
  /** Until when all of them live at least, by `performance.now()`. */
  readonly freshUntil: number;
}

export const EMPTY_PAGE: Page<never> = Object.freeze({ items: [], freshUntil: Number.POSITIVE_INFINITY });

/** The contract's `getMany`. */
export async function getMany(
  namespace: Namespace,
  identities: readonly string[],
  call: RedisCall,
): Promise<readonly (Registration | undefined)[]> {
  const parts = partsOf(identities, ({ length }) => length);
  return sendParts(
    parts,
    `${NAME}.getMany`,
    call,
    async (part) => (await read(namespace, part, EVERY_RECORD, call)).found,
  );
}

/** A page of those among up to a thousand identities that live and are selected. */
export async function readLive(
  namespace: Namespace,
  identities: readonly string[],
  selector: Selector,
  call: RedisCall,
): Promise<Page<Registration>> {
  const sentAt = performance.now();
  const { found, now } = await read(namespace, identities, selector, call);
  const items = found.filter((one) => one !== undefined);
  return { items, freshUntil: endOf(items) + sentAt - now };
}

/** The contract's `census`. */
export async function readCensus({ client, keys }: Namespace, call: RedisCall): Promise<Census> {
  const { due, claimed } = keys.expiring;
  const [counted, expired] = listIn(await client.run(censusScript, [keys.order, due, claimed], [], call));
  return { counted: numberIn(counted), expired: numberIn(expired) };
}

/** When the first of them ends, by the server's clock. */
export function endOf(items: readonly Route[]): number {
  let end = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of items) if (expiresAt !== undefined && expiresAt < end) end = expiresAt;
  return end;
}

/** What one script has read of an identity: bytes, or nothing where it knows none. */
export interface ReadAtOnce {
  readonly stamp: unknown;
  readonly record: unknown;
  /** The server's, when it read them. */
  readonly time: number;
}

/** `undefined`: it did not live, or is not selected. @throws as {@link StampReader} */
export function registrationIn(
  identity: string,
  { stamp: bytes, record, time }: ReadAtOnce,
  { reader, selector }: { readonly reader: StampReader; readonly selector: Selector },
): Registration | undefined {
  if (bytes === null || bytes === undefined) return undefined;
  const stamp = reader.read(bytesIn(bytes));
  if (!isLive(stamp, time)) return undefined;
  const json = metadataText(bytesIn(record).toString());
  return selector.mayGive?.(json) === false ? undefined : selector.give(identity, stamp, json);
}

/** Asks as often as it takes, for large records come a few at a time; `now` is the first answer's. */
async function read(
  namespace: Namespace,
  identities: readonly string[],
  selector: Selector,
  call: RedisCall,
): Promise<{ readonly found: readonly (Registration | undefined)[]; readonly now: number }> {
  const { client, keys } = namespace;
  const found: (Registration | undefined)[] = [];
  const reader = new StampReader(namespace.servers);
  let now: number | undefined;
  while (found.length < identities.length) {
    const asked = identities.slice(found.length);
    const reply = listIn(await client.run(readScript, [keys.stamps, keys.records], asked, call, "bytes"));
    const [time, stamps, records] = [numberIn(reply[0]), listIn(reply[1]), listIn(reply[2])];
    for (const [index, record] of records.entries()) {
      found.push(registrationIn(asked[index] ?? "", { stamp: stamps[index], record, time }, { reader, selector }));
    }
    now ??= time;
  }
  return { found, now: now ?? 0 };
}

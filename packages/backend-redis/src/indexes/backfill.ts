/** The background task that completes new indexes with those who were registered before. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "@muster/core/slots";
import { decodeMetadata } from "../codec.ts";
import { fillPageScript, readPageScript } from "../scripts/backfill.ts";
import { STALE_CATALOGUE } from "../scripts/write-keys.ts";
import { type CatalogueState, type IndexStore, newVersion } from "./catalogue-state.ts";

/** After so long without a sign of its builder anybody else goes on with an index. */
const CLAIM_MS = 3_000;
/** Identities, values in all their indexes, and bytes of their records, of one page: some 5 ms of the server's time. */
const PAGE_SIZE = 500;
const PAGE_VALUES = 2_000;
const PAGE_BYTES = 1_000_000;
/** Before it is tried again whatever has failed. */
const RETRY_MS = 1_000;

/** The catalogue, as far as a builder has to do with it. */
interface BuiltCatalogue {
  readonly current: CatalogueState;
  reload(call: Call): Promise<void>;
}

/** What one builder works with. */
interface Builder {
  readonly store: IndexStore;
  readonly catalogue: BuiltCatalogue;
  readonly token: string;
  readonly call: Call;
}

/**
 * Builds until every index of the catalogue is ready or `signal` aborts; it never rejects. While somebody else builds it
 * waits; what somebody has left it goes on with.
 */
export async function backfill(store: IndexStore, catalogue: BuiltCatalogue, signal: AbortSignal): Promise<void> {
  const builder: Builder = { store, catalogue, token: randomUUID(), call: { signal } };
  while (!signal.aborted && catalogue.current.fields.some(({ isReady }) => !isReady)) {
    // What goes wrong here goes wrong for the registry's callers too, who are told.
    const waitMs = await buildPage(builder).catch(() => RETRY_MS);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Gives how long to wait before the next. */
async function buildPage({ store, catalogue, token, call }: Builder): Promise<number> {
  const { client, keys } = store;
  const { current } = catalogue;
  const claim = [current.version, token, CLAIM_MS];
  const page = await client.run(
    readPageScript,
    [keys.catalogue, keys.order, keys.records, keys.values],
    [...claim, Math.ceil(Math.min(PAGE_SIZE, PAGE_VALUES / current.fields.length)), PAGE_BYTES],
    call,
  );
  if (typeof page === "number") return page;
  if (page !== STALE_CATALOGUE) {
    // As the script's header says.
    const [cursor, next, isEnd, entries] = page as readonly [string, string, number, readonly string[]];
    const answer = await client.run(
      fillPageScript,
      [keys.catalogue, keys.order, keys.values, ...current.indexKeys],
      [...claim, cursor, next, isEnd === 1 ? newVersion() : "", ...filled(current, entries)],
      call,
    );
    if (answer === "done" && isEnd === 0) return 0;
  }
  await catalogue.reload(call);
  return 0;
}

/** Identity, values before, record: with the values that the record should have in place of the record. */
function filled(current: CatalogueState, entries: readonly string[]): readonly string[] {
  return entries.map((text, at) => (at % 3 === 2 ? current.entriesOf(decodeMetadata(text)) : text));
}

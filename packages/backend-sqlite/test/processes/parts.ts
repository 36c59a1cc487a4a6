/** What other processes do with the file. */

import { once } from "node:events";
import { isMusterError } from "@muster/core/slots";
import { entry, within } from "@muster/testing";
import { columnsOf } from "../../src/codec.ts";
import { sqliteRegistry } from "../../src/index.ts";
import { confirmMany, reap } from "../../src/registrations/reap.ts";
import { setMany } from "../../src/registrations/set-many.ts";
import { connectedTo } from "../store/support.ts";
import { mortal, told } from "./mortal.ts";
import { QUEUE_PARTS } from "./queue-parts.ts";

interface PartArgs {
  readonly path: string;
  readonly namespace: string;
}

/** Holds the lock of who writes until it is told to go on. */
async function holder({ path }: PartArgs): Promise<void> {
  using store = connectedTo(path);
  store.execute("begin immediate");
  process.send?.("held");
  await once(process, "message");
  store.execute("commit");
  process.disconnect();
}

interface WriterArgs extends PartArgs {
  readonly name: string;
  readonly batches: number;
  readonly batchSize: number;
  readonly maxIdentities: number;
}

/** Registers batch after batch, and tells of each identity that has been stored, with its epoch. */
async function writer({ path, namespace, name, batches, batchSize, maxIdentities }: WriterArgs): Promise<void> {
  const registry = sqliteRegistry({ path });
  await registry.open({ namespace, maxIdentities }, within(30_000));
  process.send?.("open");
  for (let batch = 0; batch < batches; batch += 1) {
    const entries = Array.from({ length: batchSize }, (_, i) => {
      const identity = `${name}-${batch}-${i}`;
      return entry(identity, { metadata: { of: identity }, session: "s" });
    });
    const outcomes = await registry.setMany(entries, within(30_000));
    process.send?.(outcomes.flatMap((one) => ("stored" in one ? [[one.stored.identity, one.stored.epoch]] : [])));
  }
  await registry.close();
  process.disconnect();
}

interface DoomedArgs extends PartArgs {
  /** How many statements it lives for. */
  readonly statements: number;
}

/**
 * Writes transactions until it dies, in the middle of whichever: some that last, of which it tells when they have been committed,
 * and some that expire, and are reaped.
 */
async function doomed({ path, namespace, statements }: DoomedArgs): Promise<void> {
  const store = mortal(connectedTo(path), statements);
  for (let round = 0; ; round += 1) {
    store.execute("begin immediate");
    const identities = Array.from({ length: 4 }, (_, i) => `doomed-${statements}-${round}-${i}`);
    const lasts = round % 2 === 0;
    const drafts = columnsOf(
      identities.map((identity) => entry(identity, { metadata: { of: identity }, ttlMs: lasts ? undefined : 0 })),
    );
    setMany(store, { namespace, maxIdentities: 1_000_000, drafts });
    store.execute("commit");
    if (lasts) await told(identities);
    store.execute("begin immediate");
    const claims = reap(store, { namespace, limit: 10, claimMs: 1, graceMs: 0 });
    const steps = claims.map(([step, [identity, epoch]]) => ({
      identity: String(identity),
      epoch: Number(epoch),
      step,
    }));
    confirmMany(store, { namespace, claims: steps });
    store.execute("commit");
  }
}

/** Looks at a file, and tells what becomes of that. */
async function reader({ path, namespace }: PartArgs): Promise<void> {
  const registry = sqliteRegistry({ path });
  try {
    await registry.open({ namespace }, within(10_000));
    process.send?.((await registry.census(within(10_000))).counted);
  } catch (error) {
    process.send?.(isMusterError(error) ? error.code : String(error));
  }
  process.disconnect();
}

export const PARTS: Readonly<Record<string, (args: never) => Promise<void>>> = {
  ...{ holder, writer, doomed, reader },
  ...QUEUE_PARTS,
};

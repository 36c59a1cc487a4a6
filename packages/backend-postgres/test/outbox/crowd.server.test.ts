/** Everybody at once: nobody waits in a circle, and of everything recorded each recipient ends once. */

import { isMusterError, type ParcelSettlement, type ShardLease } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { freshNamespace, numbered, within } from "@muster/testing";
import { expect, test } from "vitest";
import { SECOND } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { callerOf, commit, openedOutbox, type Outbox } from "./support.ts";

const CALLERS = 4;
const RELAYS = 3;
const EACH = 15;
const RECIPIENTS = numbered(150);
/** Some are over while their relay still works. */
const LEASES_MS = [40, 200, 5_000];

interface Seen {
  /** Message and identity, of each that was handed over or delivered, or has failed, as far as that was answered. */
  readonly ended: string[];
  readonly told: Set<string>;
}

/** By turns handed over, delivered, in part failed, in part left. */
function settlementOf(parcel: Awaited<ReturnType<Outbox["take"]>>[number], turn: number): ParcelSettlement {
  const names = parcel.targets.map(({ identity }) => identity);
  const failed = turn % 3 === 0 ? names.slice(0, 1) : [];
  const left = turn % 4 === 0 && parcel.attempts < 3 ? names.slice(1) : [];
  return {
    parcel: parcel.parcel,
    as: turn % 2 === 0 ? "handed" : "delivered",
    failed: failed.map((identity) => ({ identity, code: "REJECTED", reason: "no" })),
    left,
    delayMs: turn % 8,
  };
}

async function unlessFenced(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isMusterError(error, "FENCED")) throw error;
  });
}

/** Until nothing is left to do. */
async function relay(outbox: Outbox, name: string, seen: Seen, isOver: () => boolean): Promise<void> {
  for (let turn = name.length; ; turn += 1) {
    const leaseMs = LEASES_MS[turn % LEASES_MS.length] ?? 0;
    const leases = await outbox.leaseShards(name, { leaseMs }, within(20 * SECOND));
    await Promise.all(leases.map((lease) => unlessFenced(serve(outbox, lease, seen, turn))));
    if (turn % 5 === 0) await outbox.releaseShards(name, within(20 * SECOND));
    await outbox.sweep({ limit: 100 }, within(20 * SECOND));
    if (isOver() && (await outbox.backlog(within(20 * SECOND))).deliveries === 0) return;
  }
}

async function serve(outbox: Outbox, lease: ShardLease, { ended, told }: Seen, turn: number): Promise<void> {
  const parcels = await outbox.take(lease, { maxTargets: 100 }, within(20 * SECOND));
  const settlements = parcels.map((parcel, index) => settlementOf(parcel, turn + index));
  for (const id of await outbox.settleMany(lease, settlements, within(20 * SECOND))) told.add(id);
  for (const [index, { start, targets }] of parcels.entries()) {
    const left = new Set(settlements[index]?.left);
    for (const { identity } of targets) if (!left.has(identity)) ended.push(`${start.message.id} ${identity}`);
  }
}

await withServer("postgres", {}, (server) => {
  test("callers record, relays share, take, settle and lose their leases, and everything is swept: each ends once", {
    timeout: 120 * SECOND,
  }, async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox({ ...optionsOf(server), maxConnections: 8 }, { namespace });
    const seen: Seen = { ended: [], told: new Set() };
    const ids: string[] = [];
    let callersLeft = CALLERS;
    const calling = numbered(CALLERS, "caller").map(async (name) => {
      await using caller = await callerOf(server);
      for (const id of numbered(EACH, name)) {
        await commit(outbox, caller, id, RECIPIENTS, { idempotencyKey: id });
        ids.push(id);
      }
      callersLeft -= 1;
    });
    const names = numbered(RELAYS, "relay");
    const relaying = names.map(async (name) => relay(outbox, name, seen, () => callersLeft === 0));
    await Promise.all([...calling, ...relaying]);
    const expected = ids.flatMap((id) => RECIPIENTS.map((identity) => `${id} ${identity}`));
    expect(seen.ended.toSorted()).toEqual(expected.toSorted());
    expect(seen.told).toEqual(new Set(ids));
  });
});

/** The outbox on a real server, beside what the conformance kit asks. */

import { withServer } from "@muster/servers/vitest";
import { expect, test } from "vitest";
import {
  callerOf,
  commit,
  identitiesIn,
  lease,
  openedOutbox,
  record,
  settleAll,
  takeAll,
  whole,
} from "./outbox/support.ts";
import { numbered, SECOND } from "./queues/support.ts";
import { optionsOf } from "./standalone.ts";
import { collected, freshNamespace, tell, within } from "./support.ts";

await withServer("postgres", {}, (server) => {
  test("ten thousand recipients are seventeen rows, which relays find when the transaction has committed", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(10_000);
    await caller.query("begin");
    expect(await record(outbox, caller, "m", identities)).toMatchObject({ isNew: true, targetCount: 10_000 });
    const leases = await lease(outbox);
    expect(await takeAll(outbox, leases)).toEqual([]);
    await caller.query("commit");
    const taken = await takeAll(outbox, leases);
    expect(taken).toHaveLength(16);
    expect(identitiesIn(taken)).toEqual(identities);
    expect(await outbox.backlog(within(SECOND))).toMatchObject({ deliveries: 10_000 });
    expect(await settleAll(outbox, taken)).toEqual(["m"]);
    expect(await outbox.backlog(within(SECOND))).toEqual({ deliveries: 0, oldestMs: undefined });
    expect(await outbox.counts("m", within(SECOND))).toEqual({ targets: 10_000, delivered: 0, failed: 0 });
  });

  test("a large multicast has full parcels, and pages of what became of its recipients", async () => {
    await using outbox = await openedOutbox(optionsOf(server));
    await using caller = await callerOf(server);
    const identities = numbered(50_000);
    expect(await commit(outbox, caller, "m", identities)).toMatchObject({ targetCount: 50_000 });
    const leases = await lease(outbox);
    const taken = await takeAll(outbox, leases);
    expect(taken.length).toBeLessThanOrEqual(64);
    expect(identitiesIn(taken)).toEqual(identities);
    const told = await settleAll(outbox, taken, (parcel) => ({
      ...whole(parcel, "delivered"),
      failed: parcel.targets
        .filter((_, index) => index % 10 === 0)
        .map(({ identity }) => ({ identity, code: "REJECTED", reason: "no" })),
      left: parcel.targets.filter((_, index) => index % 10 === 1).map(({ identity }) => identity),
    }));
    expect(told).toEqual([]);
    const all = await collected(outbox.deliveries("m", { pageSize: 700 }, within(60 * SECOND)));
    expect(all.map(({ identity }) => identity)).toEqual(identities);
    console.log(await outbox.counts("m", within(SECOND)));
    const again = await takeAll(outbox, leases);
    expect(new Set(again.map(({ attempts }) => attempts))).toEqual(new Set([1]));
    expect(await settleAll(outbox, again)).toEqual(["m"]);
    console.log(await outbox.counts("m", within(SECOND)));
  });
});

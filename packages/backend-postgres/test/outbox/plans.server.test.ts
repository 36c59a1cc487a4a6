/** How relays find what waits among a hundred thousand parcels, as the server itself says. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace } from "@muster/testing";
import { expect, test } from "vitest";
import { namesIn } from "../../src/keys.ts";
import { statementsIn } from "../../src/outbox/statements.ts";
import { SHARDS } from "../../src/outbox/shards.ts";
import { SECOND } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { tell } from "../support.ts";
import { callerOf, lease, openedOutbox } from "./support.ts";

const ROWS = Number(process.env["MUSTER_PLAN_ROWS"] ?? 100_000);

/** Each of `$2` multicasts has one parcel of one recipient; every third was left for later, and half of these are due. */
const FILL = `with s as (select space from muster.durable_spaces where namespace = $1), m as (
    insert into muster.outbox_multicasts (space, started_at, expires_at, ttl_ms, targets, sent_at, once, id, content_type, digest, payload)
    select space, 0, 8e15, 8e15, 1, 0, false, 'm-' || n, 't', 'd', '\\x00' from s, generate_series(1, $2::int) n
    returning multicast, space, id
  )
  insert into muster.outbox_parcels (parcel, multicast, expires_at, due, space, shard, count, first, last, epochs, identities)
  select nextval('muster.outbox_turns'), multicast, 8e15, case multicast % 6 when 0 then 1 when 3 then 7e15 end, space,
    multicast % ${SHARDS}, 1, id, id, array[1], array[id] from m`;

interface Taken {
  readonly parcel: string;
  readonly multicast: string;
}

await withServer("postgres", {}, (server) => {
  test("no statement reads all there is, whether or not the server has learnt how much that is", {
    timeout: 60 * SECOND,
  }, async () => {
    const namespace = freshNamespace();
    await using outbox = await openedOutbox(optionsOf(server), { namespace });
    await using caller = await callerOf(server);
    const [[space] = []] = await tell(server, "select space from muster.durable_spaces where namespace = $1", [
      namespace,
    ]);
    await tell(server, FILL, [namespace, ROWS]);
    const [first] = await lease(outbox);
    const own = [space, first?.shard, first?.lease];
    const sql = statementsIn(namesIn("muster"));
    const plans: string[] = [];
    caller.on("notice", ({ message = "" }) => plans.push(message));
    await caller.query("load 'auto_explain'; set auto_explain.log_min_duration = 0");
    await caller.query("set auto_explain.log_nested_statements = on; set client_min_messages = log");
    for (const isKnown of [false, true]) {
      if (isKnown) await tell(server, "analyze muster.outbox_parcels, muster.outbox_multicasts");
      await caller.query("discard plans");
      const { rows: taken } = await caller.query<Taken>(sql.take, [...own, 100, 1e7]);
      expect(taken).toHaveLength(100);
      const parcels = taken.map(({ parcel }) => parcel);
      const multicasts = taken.map(({ multicast }) => multicast);
      const half = parcels.slice(50);
      const some = half.map(() => "x");
      const settled = [
        parcels,
        multicasts,
        parcels.map(() => true),
        parcels.map(() => 1),
        half,
        some,
        some,
        some,
        [],
        [],
      ];
      expect((await caller.query(sql.settle, [...own, ...settled])).rows).toHaveLength(100);
      for (const [text, ...values] of [
        [sql.expire, 100, ""],
        [sql.forget, 100, 1e12],
        [sql.counts, "m-7", 1e12],
        [sql.find, "m-7", 1e12],
        [sql.deliveries, "m-7", 1e12, "", 100, ""],
        [sql.backlog],
      ] as const)
        await caller.query(text, [space, ...values]);
    }
    expect(plans.filter((plan) => plan.includes("Index")).length).toBeGreaterThan(30);
    expect(plans.filter((plan) => plan.includes("Seq Scan"))).toEqual([]);
  });
});

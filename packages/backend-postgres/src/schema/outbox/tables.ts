/**
 * What the outbox keeps, and how it is laid out. Instants are epoch ms. Namespaces have the numbers of the durability slot.
 *
 * A multicast is one row, and one row of `parcels` for those of its recipients who wait in the same shard, a thousand at most,
 * by arrays: recording ten thousand writes seventeen rows. A parcel is deleted when it is settled, so nobody keeps a place up
 * to which he has read: of transactions that overtake each other nothing is passed over. What ends here and not in another
 * slot is a row of `outcomes`, of arrays too, which is only added to. That a multicast has ended is a row of `ends` and no
 * change of its own, for that is long.
 */

import type { Names } from "../../keys.ts";

/** What its tables are called. */
export const table = (names: Names, name: string): string => names.call(`outbox_${name}`);

const multicasts = (names: Names): readonly string[] => [
  `create table ${table(names, "multicasts")} (
    multicast bigint generated always as identity primary key,
    space int not null,
    started_at bigint not null,
    expires_at bigint not null,
    ttl_ms bigint not null,
    targets bigint not null,        -- how many recipients it has
    sent_at float8 not null,
    once boolean not null,          -- its guarantee is exactly-once
    id text collate "C" not null,
    content_type text not null,
    reply_to text,
    idempotency_key text collate "C",
    digest text not null,
    filter text,
    payload bytea not null,
    unique (space, id)
  )`,
  `create unique index outbox_multicasts_key on ${table(names, "multicasts")} (space, idempotency_key)
    where idempotency_key is not null`,
  `create table ${table(names, "ends")} (
    multicast bigint primary key,
    space int not null,
    ended_at bigint not null
  )`,
  `create index outbox_ends_over on ${table(names, "ends")} (space, ended_at)`,
];

/** `first` and `last` are the ends of `identities`, which are in order. */
const parcels = (names: Names): readonly string[] => [
  `create sequence ${table(names, "turns")} as bigint`,
  `create table ${table(names, "parcels")} (
    parcel bigint not null,         -- the order in which it was recorded
    multicast bigint not null,
    expires_at bigint not null,
    due bigint,                     -- not before
    space int not null,
    shard int not null,
    attempts int not null default 0,
    count int not null,
    first text collate "C" not null,
    last text collate "C" not null,
    epochs bigint[] not null,
    identities text[] collate "C" not null,
    primary key (space, parcel)
  ) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2)`,
  // Compressing what is read once, and soon, costs more than it saves.
  `alter table ${table(names, "parcels")} alter column epochs set storage external, alter column identities set storage external`,
  `create index outbox_parcels_ready on ${table(names, "parcels")} (space, shard, parcel) where due is null`,
  `create index outbox_parcels_delayed on ${table(names, "parcels")} (space, shard, due) where due is not null`,
  `create index outbox_parcels_of on ${table(names, "parcels")} (multicast, first, last)`,
  `create index outbox_parcels_expiring on ${table(names, "parcels")} (space, expires_at) include (count)`,
];

/** `state`: d delivered, f failed, all of them for the same reason. */
const outcomes = (names: Names): readonly string[] => [
  `create table ${table(names, "outcomes")} (
    multicast bigint not null,
    count int not null,
    state "char" not null,
    first text collate "C" not null,
    last text collate "C" not null,
    code text,
    reason text,
    identities text[] collate "C" not null
  )`,
  `create index outbox_outcomes_of on ${table(names, "outcomes")} (multicast, first, last)`,
];

/** A relay counts until `until`; `since` tells in which order they came. A shard that nobody has was never leased, or until 0. */
const relays = (names: Names): readonly string[] => [
  `create sequence ${table(names, "leases")} as bigint`,
  `create table ${table(names, "relays")} (
    space int not null,
    relay text collate "C" not null,
    since bigint not null,
    until bigint not null,
    primary key (space, relay)
  )`,
  `create table ${table(names, "shards")} (
    space int not null,
    shard int not null,
    relay text collate "C",
    lease bigint,
    until bigint not null default 0,
    primary key (space, shard)
  )`,
];

export function outboxTables(names: Names): readonly string[] {
  return [...multicasts(names), ...parcels(names), ...outcomes(names), ...relays(names)];
}

/**
 * Version 1 of the tables: what the registry keeps. Instants are epoch ms.
 *
 * What changes often and is read by every multicast (registrations) lies apart from what filters look at (metadata): a renewal
 * rewrites a short row. Both have a row for each identity, written and deleted together. Texts are compared byte by byte.
 */

const REGISTRATIONS = `create table muster_registrations (
  namespace text not null,
  identity text not null,
  epoch integer not null,
  revision integer not null,
  registered_at integer not null,
  expires_at integer,              -- null: never by itself
  ttl_ms integer,                  -- null: for ever
  session text,
  session_bound integer not null,  -- 1: its session keeps it alive
  address text,
  attempt text not null,
  buried_at integer,               -- when its expiry was confirmed: a tombstone since then
  claimed_until integer,           -- a reaper has its next step in hand
  primary key (namespace, identity)
) strict, without rowid`;

/** `document` is the metadata as JSON text; `facts` the same as filters look at it (see `facts.ts`), as SQLite's own JSON. */
const METADATA = `create table muster_metadata (
  namespace text not null,
  identity text not null,
  document text not null,
  facts blob not null,
  primary key (namespace, identity)
) strict, without rowid`;

/** How many registrations the quota counts; no row: none. */
const COUNTS = `create table muster_counts (
  namespace text not null primary key,
  counted integer not null
) strict, without rowid`;

/** One row: the largest epoch that has ever been given, to anyone. */
const EPOCHS = "create table muster_epochs (last integer not null) strict";

export const REGISTRY_TABLES: readonly string[] = [
  REGISTRATIONS,
  METADATA,
  COUNTS,
  EPOCHS,
  "insert into muster_epochs values (0)",
  `create index muster_registrations_expiring on muster_registrations (namespace, expires_at)
    where buried_at is null and expires_at is not null`,
  `create index muster_registrations_buried on muster_registrations (namespace, buried_at) where buried_at is not null`,
  `create index muster_registrations_served on muster_registrations (namespace, session, identity)
    where session is not null`,
];

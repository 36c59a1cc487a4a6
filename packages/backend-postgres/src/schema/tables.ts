/**
 * Version 1 of what lies in the database: tables, indexes, and the sequence of epochs. One statement after the other, in
 * one transaction.
 *
 * What changes often and is read by every multicast (`registrations`) lies apart from what filters look at (`metadata`):
 * a renewal rewrites a short row, and no index of metadata. Both have a row for each identity, written and deleted
 * together. Instants are epoch ms.
 */

import type { Names } from "../keys.ts";

/** Whatever is known of an identity beside its metadata; sessions and tombstones too. */
const registrations = (names: Names): string => `
create table ${names.registrations} (
  namespace text collate "C" not null,
  identity text collate "C" not null,
  epoch bigint not null,
  revision bigint not null,
  registered_at bigint not null,
  expires_at bigint,               -- null: never by itself
  ttl_ms bigint,                   -- null: for ever
  session text collate "C",
  session_bound boolean not null,  -- its session keeps it alive
  address text collate "C",
  attempt text collate "C" not null,
  buried_at bigint,                -- when its expiry was confirmed: a tombstone since then
  claimed_until bigint,            -- a reaper has its next step in hand
  primary key (namespace, identity)
)`;

const metadata = (names: Names): string => `
create table ${names.metadata} (
  namespace text collate "C" not null,
  identity text collate "C" not null,
  metadata jsonb not null,
  primary key (namespace, identity)
)`;

/** The metadata as a member called like its namespace: so an index of all namespaces finds those of one. */
export const scoped = (row: string): string => `jsonb_set('{}'::jsonb, array[${row}namespace], ${row}metadata)`;

const indexes = (names: Names): readonly string[] => [
  `create index registrations_expiring on ${names.registrations} (namespace, expires_at)
    where buried_at is null and expires_at is not null`,
  `create index registrations_buried on ${names.registrations} (namespace, buried_at) where buried_at is not null`,
  `create index registrations_served on ${names.registrations} (namespace, session, identity)
    where session is not null`,
  // What is written is collected first, and every question goes through what has been collected: not much, therefore.
  `create index metadata_values on ${names.metadata} using gin ((${scoped("")}) jsonb_path_ops)
    with (gin_pending_list_limit = 64)`,
];

/** How values are read in filters and in indexes of fields: null for what has another type. */
const readers = (names: Names): readonly string[] => [
  `create function ${names.call("number_of")}(value jsonb) returns numeric language sql immutable parallel safe
    as $$ select case when jsonb_typeof(value) = 'number' then value::numeric end $$`,
  `create function ${names.call("text_of")}(value jsonb) returns text language sql immutable parallel safe
    as $$ select case when jsonb_typeof(value) = 'string' then value #>> '{}' end $$`,
];

export function tables(names: Names): readonly string[] {
  return [
    `create sequence ${names.epochs} as bigint maxvalue ${Number.MAX_SAFE_INTEGER}`,
    registrations(names),
    metadata(names),
    ...indexes(names),
    ...readers(names),
  ];
}

/**
 * What the durability slot keeps, and how it is laid out. Instants are epoch ms.
 *
 * `queue` holds what is pending and nothing else: a row is added when a delivery is accepted and deleted when it has ended,
 * whatever became of it, and in between it is rewritten only when something unusual happens to it. What a delivery has ended
 * as is a row of `outcomes`, which is only added to, and goes by messages when their retention is over. Leases are no part
 * of these rows: one row of `leases` names all that were handed out together, so that leasing a thousand writes one row.
 *
 * A pending row is in one of two places. In the *lane* of a session (`lane` is the number of that session) lies what is
 * handed out next, in order of `seq`; *parked* (`lane` is null) lies, by identity, what nobody is attached for, and what
 * would only be in the way in a lane: the rest of long queues. Of one identity, everything in the lane is older than
 * everything that is parked; while anything is, `attachments.parked_from` says so, and what comes is parked behind it.
 */

import type { Names } from "../../keys.ts";

/** What its tables are called. */
export const table = (names: Names, name: string): string => names.call(`durable_${name}`);

/** Namespaces and sessions have numbers, which keep rows and entries of indexes short. */
const spaces = (names: Names): readonly string[] => [
  `create table ${table(names, "spaces")} (
    space int generated always as identity primary key,
    namespace text collate "C" not null unique
  )`,
  `create table ${table(names, "sessions")} (
    session bigint generated always as identity primary key,
    space int not null,
    name text collate "C" not null,
    unique (space, name)
  )`,
];

/** The payload, once; `pages` has a row for each call that enqueued it: between which identities, and until when. */
const messages = (names: Names): readonly string[] => [
  `create table ${table(names, "messages")} (
    message bigint generated always as identity primary key,
    space int not null,
    id text collate "C" not null,
    content_type text not null,
    sent_at float8 not null,
    once boolean not null,          -- its guarantee is exactly-once
    reply_to text,
    payload bytea not null,
    known_until bigint not null,    -- outcomes are told, and kept, until then
    check_at bigint not null,       -- when it is looked at whether it can go
    unique (space, id)
  )`,
  `create index durable_messages_over on ${table(names, "messages")} (space, check_at)`,
  `create sequence ${table(names, "turns")} as bigint`,
  `create table ${table(names, "pages")} (
    seq bigint primary key,
    space int not null,
    message bigint not null,
    first text collate "C" not null,
    last text collate "C" not null,
    expires_at bigint not null
  )`,
  `create index durable_pages_expiring on ${table(names, "pages")} (space, expires_at)`,
  `create index durable_pages_of on ${table(names, "pages")} (message)`,
];

/** `ended` is the number of the last lease that was ended by somebody's word, and `ended_as` by which: a, r, l; x: fenced. */
const queue = (names: Names): readonly string[] => [
  `create table ${table(names, "queue")} (
    message bigint not null,
    seq bigint not null,            -- its page: the order in which it was accepted
    expires_at bigint not null,
    epoch bigint not null,          -- of the life it was enqueued for
    lane bigint,
    held bigint,                    -- epoch of the attachment in whose lane it lies
    due bigint,                     -- not before
    ended bigint,
    space int not null,
    attempts int not null default 0,
    ended_as "char",
    identity text collate "C" not null,
    constraint durable_queue_once primary key (space, identity, message)
  ) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2)`,
  `create index durable_queue_lane on ${table(names, "queue")} (lane, seq) where lane is not null`,
  `create index durable_queue_parked on ${table(names, "queue")} (space, identity, seq) where lane is null`,
  `create index durable_queue_delayed on ${table(names, "queue")} (lane, due) where due is not null`,
];

/** Who is attached where, and up to which epoch everything was dropped. `leases` names deliveries by two arrays. */
const holders = (names: Names): readonly string[] => [
  `create table ${table(names, "attachments")} (
    space int not null,
    identity text collate "C" not null,
    session bigint,
    epoch bigint,
    parked_from bigint,             -- nothing older is parked; null: nothing is
    dropped bigint,
    dropped_at bigint,
    primary key (space, identity)
  )`,
  `create index durable_attachments_of on ${table(names, "attachments")} (session, parked_from) where session is not null`,
  `create index durable_attachments_dropped on ${table(names, "attachments")} (space, dropped_at) where dropped_at is not null`,
  `create sequence ${table(names, "lease_numbers")} as bigint`,
  `create table ${table(names, "leases")} (
    part bigint generated always as identity primary key,
    lease bigint not null,
    space int not null,
    session bigint not null,
    until bigint not null,
    messages bigint[] not null,
    identities text[] collate "C" not null
  ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `create index durable_leases_of on ${table(names, "leases")} (session)`,
  `create index durable_leases_number on ${table(names, "leases")} (lease)`,
  `create index durable_leases_ending on ${table(names, "leases")} (space, until)`,
];

/** `state`: d delivered, f failed. `lease` is the one that ended it, where one did; `ended` as it stood in the queue. */
const endings = (names: Names): readonly string[] => [
  `create table ${table(names, "outcomes")} (
    message bigint not null,
    lease bigint,
    ended bigint,
    attempts int not null,
    state "char" not null,
    identity text collate "C" not null,
    code text,
    reason text,
    constraint durable_outcomes_once primary key (message, identity)
  )`,
  `create table ${table(names, "dead_letters")} (
    space int not null,
    identity text collate "C" not null,
    id text collate "C" not null,
    message bigint not null,
    epoch bigint not null,
    attempts int not null,
    code text not null,
    reason text not null,
    died_at bigint not null,
    primary key (space, identity, id)
  )`,
  `create index durable_dead_letters_of on ${table(names, "dead_letters")} (message)`,
  `create index durable_dead_letters_over on ${table(names, "dead_letters")} (space, died_at)`,
  `create table ${table(names, "multicasts")} (
    message bigint primary key,
    space int not null,
    idempotency_key text collate "C",
    digest text not null,
    filter text,
    ttl_ms bigint not null,
    complete boolean not null default false,
    started_at bigint not null
  )`,
  `create unique index durable_multicasts_key on ${table(names, "multicasts")} (space, idempotency_key)
    where idempotency_key is not null`,
];

export function queueTables(names: Names): readonly string[] {
  return [...spaces(names), ...messages(names), ...queue(names), ...holders(names), ...endings(names)];
}

/**
 * Version 2 of the tables: what the durability slot keeps. Instants are epoch ms.
 *
 * `queue` holds what is pending and nothing else, by recipient and in order. `deliveries` has a row for each delivery from when
 * it is accepted to the end of its message's retention, by message: whatever happens to many recipients of one message happens
 * to neighbouring rows. What is handed out together has one row of `terms`, which says how long it is theirs.
 *
 * Of each recipient the first pending row alone can be in the *lane* of a session: while nothing of that recipient is leased
 * and it waits for no delay. So whoever looks for what is due finds a row of the index or none, however long queues are.
 *
 * Turns, leases, terms and attachments of a namespace are numbered from one counter: what was leased before an identity was
 * attached has a smaller number than its attachment.
 */

/** Namespaces and sessions have numbers, which keep rows and entries of indexes short. */
const SPACES: readonly string[] = [
  `create table muster_spaces (
    space integer primary key,
    namespace text not null unique,
    last integer not null default 0  -- the number that was given last
  ) strict`,
  `create table muster_sessions (
    session integer primary key autoincrement,
    space integer not null,
    name text not null,
    unique (space, name)
  ) strict`,
];

/** The payload, once; `pages` has a row for each call that enqueued it: between which identities, and until when. */
const MESSAGES: readonly string[] = [
  `create table muster_messages (
    message integer primary key autoincrement,
    space integer not null,
    id text not null,
    content_type text not null,
    sent_at real not null,
    once integer not null,           -- 1: its guarantee is exactly-once
    reply_to text,
    known_until integer not null,    -- outcomes are told, and kept, until then
    check_at integer not null,       -- when it is looked at whether it can go
    payload blob not null,
    unique (space, id)
  ) strict`,
  "create index muster_messages_over on muster_messages (space, check_at)",
  `create table muster_pages (
    space integer not null,
    seq integer not null,
    message integer not null,
    first text not null,
    last text not null,
    expires_at integer not null,
    primary key (space, seq)
  ) strict, without rowid`,
  "create index muster_pages_expiring on muster_pages (space, expires_at)",
  "create index muster_pages_of on muster_pages (message)",
];

/** `ended_as` is how the last lease, `lease`, was ended by its receipt: ack, retry, release or dead; null: it was not. */
const DELIVERIES: readonly string[] = [
  `create table muster_queue (
    space integer not null,
    identity text not null,
    seq integer not null,            -- its page: the order in which it was accepted
    message integer not null,
    epoch integer not null,          -- of the life it was enqueued for
    expires_at integer not null,
    attempts integer not null,
    lease integer not null,          -- 0: it has had none
    term integer,                    -- it is leased, and until when
    ended_as text,
    due integer,                     -- not before
    lane integer,                    -- whom it is for, being next
    primary key (space, identity, seq)
  ) strict, without rowid`,
  "create index muster_queue_lane on muster_queue (lane, seq) where lane is not null",
  "create index muster_queue_delayed on muster_queue (space, due) where due is not null",
  `create table muster_deliveries (
    message integer not null,
    identity text not null,
    seq integer not null,
    state integer not null,          -- 0 pending, 1 delivered, 2 failed; what follows is that of the end
    attempts integer not null,
    lease integer not null,
    ended_as text,
    code text,
    reason text,
    primary key (message, identity)
  ) strict, without rowid`,
  `create table muster_terms (
    space integer not null,
    term integer not null,
    until integer not null,
    size integer not null,           -- how many are still leased by it
    held text not null,              -- JSON: identity and seq of each that was
    primary key (space, term)
  ) strict, without rowid`,
  "create index muster_terms_ending on muster_terms (space, until)",
];

/** Who is attached where, and up to which epoch everything was dropped. */
const ATTACHMENTS: readonly string[] = [
  `create table muster_attachments (
    space integer not null,
    identity text not null,
    session integer,
    epoch integer,
    number integer,                  -- of the attachment: leases of before are worthless
    dropped integer,
    dropped_at integer,
    primary key (space, identity)
  ) strict, without rowid`,
  "create index muster_attachments_of on muster_attachments (session) where session is not null",
  `create index muster_attachments_dropped on muster_attachments (space, dropped_at) where dropped_at is not null`,
];

const ENDINGS: readonly string[] = [
  `create table muster_dead_letters (
    space integer not null,
    identity text not null,
    id text not null,
    message integer not null,
    epoch integer not null,
    attempts integer not null,
    code text not null,
    reason text not null,
    died_at integer not null,
    primary key (space, identity, id)
  ) strict, without rowid`,
  "create index muster_dead_letters_of on muster_dead_letters (message)",
  "create index muster_dead_letters_over on muster_dead_letters (space, died_at)",
  `create table muster_multicasts (
    message integer primary key,
    space integer not null,
    idempotency_key text,
    digest text not null,
    filter text,
    ttl_ms integer not null,
    complete integer not null default 0,
    started_at integer not null
  ) strict`,
  `create unique index muster_multicasts_key on muster_multicasts (space, idempotency_key)
    where idempotency_key is not null`,
];

export const QUEUE_TABLES: readonly string[] = [...SPACES, ...MESSAGES, ...DELIVERIES, ...ATTACHMENTS, ...ENDINGS];

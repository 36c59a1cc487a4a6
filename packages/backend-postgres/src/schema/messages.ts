/**
 * What messages lie in on their way: tables that forget. They are UNLOGGED: nothing of them is written ahead, so that nothing
 * waits for a disk; after a crash of the server they are empty, which is when nobody is connected who could listen.
 *
 * A publisher finds the inboxes of an address in `inbox_addresses`, and leaves in `inbox_messages` one row for each of them,
 * which holds as many messages as fit. Positions grow in the order of commits within a namespace (see `publish_many`), so
 * that whoever has read up to one has missed none.
 */

import type { Names } from "../keys.ts";

/** Who listens. As long as its connection lasts, that holds the advisory lock `key`; another connection, another key. */
const inboxes = (names: Names): string => `
create unlogged table ${names.call("inboxes")} (
  inbox bigint primary key,
  namespace text collate "C" not null,
  key bigint not null,
  missed_at bigint                 -- when its connection was found to be gone; null: it was there
)`;

const addresses = (names: Names): string => `
create unlogged table ${names.call("inbox_addresses")} (
  namespace text collate "C" not null,
  address text collate "C" not null,
  inbox bigint not null,
  primary key (namespace, address, inbox)
)`;

const messages = (names: Names): string => `
create unlogged table ${names.call("inbox_messages")} (
  inbox bigint not null,
  position bigint not null,
  sent_at bigint not null,
  frames bytea not null,
  primary key (inbox, position)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`;

export function messageTables(names: Names): readonly string[] {
  return [
    inboxes(names),
    addresses(names),
    `create index inbox_addresses_by_inbox on ${names.call("inbox_addresses")} (inbox)`,
    messages(names),
    // Compressing what is read once, and soon, costs more than it saves.
    `alter table ${names.call("inbox_messages")} alter column frames set storage external`,
    `create sequence ${names.call("inbox_positions")} as bigint`,
  ];
}

/** One namespace as open messaging knows it, and what is sent for it. */

import type { PostgresClient } from "../client.ts";
import { channelName, lockKey, type Names } from "../keys.ts";

export interface Mail {
  readonly client: PostgresClient;
  readonly namespace: string;
  readonly channel: string;
  /** What distinguishes the advisory locks of namespaces, under which rows are added, from others of that database. */
  readonly lock: string;
  /** The advisory lock of whoever sweeps. */
  readonly sweeping: string;
  readonly sql: MailStatements;
}

/** Named by what they do; the functions' headers tell of arguments and answers. */
interface MailStatements {
  readonly publish: string;
  readonly attach: string;
  readonly detach: string;
  readonly sweep: string;
  /** `$1` namespace, `$2` inbox, `$3` addresses. */
  readonly add: string;
  readonly remove: string;
  /** `$1` inbox, `$2` position behind which, `$3` how many rows. */
  readonly fetch: string;
  /** `$1` inbox, `$2` position up to which. */
  readonly forget: string;
}

export function mailOf(client: PostgresClient, namespace: string): Mail {
  const { names } = client;
  return Object.freeze({
    client,
    namespace,
    channel: channelName(names.schemaName, namespace),
    lock: lockKey("messages", names.schemaName),
    sweeping: lockKey("sweeping", names.schemaName),
    sql: statementsIn(names),
  });
}

function statementsIn(names: Names): MailStatements {
  const [addresses, messages] = [names.call("inbox_addresses"), names.call("inbox_messages")];
  return Object.freeze({
    publish: `select ${names.call("publish_many")}($1, $2, $3, $4, $5, $6)`,
    attach: `select ${names.call("attach_inbox")}($1, $2, $3, $4, $5)`,
    detach: `select ${names.call("detach_inbox")}($1, $2, $3)`,
    sweep: `select ${names.call("sweep_other_inboxes")}($1, $2, $3, $4, $5, $6)`,
    add: `insert into ${addresses} select $1, a, $2::bigint from unnest($3::text[]) as a order by a on conflict do nothing`,
    remove: `delete from ${addresses} where namespace = $1 and inbox = $2 and address = any($3::text[])`,
    fetch: `select m.position, m.frames from ${messages} m where m.inbox = $1 and m.position > $2 order by m.position limit $3`,
    forget: `delete from ${messages} m where m.inbox = $1 and m.position <= $2`,
  });
}

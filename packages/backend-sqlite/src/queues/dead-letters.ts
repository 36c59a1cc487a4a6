/** Dead letters: read, tried again, thrown away. */

import type { DeadLetter, DeadLetterKey } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";
import type { FailureCode, Refusal } from "./failures.ts";
import { promote } from "./lanes.ts";
import { bytesIn } from "./messages.ts";
import type { Space } from "./space.ts";
import { nextNumber } from "./spaces.ts";
import { passTime } from "./terms.ts";
import { deadCodeIn, type Page } from "./tracking.ts";

/** Of rows that come at once with their payloads. */
const MAX_ROWS = 100;

export interface DeadLetterQuery {
  readonly after?: DeadLetterKey;
  readonly pageSize: number;
  readonly identity?: string;
}

export interface RedriveArgs extends Space {
  readonly keys: readonly DeadLetterKey[];
  readonly ttlMs: number;
}

export interface PurgeArgs extends Space {
  readonly keys: readonly DeadLetterKey[];
}

export function readDeadLetters(
  store: Store,
  { space, query, deadLetterRetentionMs }: Space & { readonly query: DeadLetterQuery },
): Page<DeadLetter> {
  const { after, pageSize, identity } = query;
  const limit = Math.min(Math.floor(pageSize), MAX_ROWS);
  const rows = store.all(
    `select l.identity, l.id, l.code, l.reason, l.attempts, m.content_type, m.sent_at, l.died_at, m.payload
      from muster_dead_letters l cross join muster_messages m on m.message = l.message
      where l.space = ?1 and (l.identity, l.id) > (?2, ?3) and (?4 is null or l.identity = ?4) and l.died_at > ?5
      order by l.identity, l.id limit ?6`,
    [
      ...[space, after?.identity ?? "", after?.messageId ?? "", identity],
      ...[store.now() - deadLetterRetentionMs, limit],
    ],
  );
  return { items: rows.map(letterIn), isLast: rows.length < limit };
}

function letterIn([
  identity,
  id,
  code = null,
  reason,
  attempts,
  contentType,
  sentAt,
  diedAt,
  payload,
]: Row): DeadLetter {
  return {
    messageId: String(id),
    identity: String(identity),
    code: deadCodeIn(code) ?? "DEAD_LETTERED",
    reason: String(reason),
    attempts: Number(attempts),
    contentType: String(contentType),
    sentAt: Number(sentAt),
    diedAt: Number(diedAt),
    payload: bytesIn(payload),
  };
}

export function redriveMany(store: Store, args: RedriveArgs): readonly Refusal[] {
  passTime(store, args.space);
  return refusalsOf(args.keys, (key) => redrive(store, key, args));
}

const LETTER =
  "select message, epoch from muster_dead_letters where space = ? and identity = ? and id = ? and died_at > ?";

/** It goes to the life that is attached; without one, to the next, so that no drop that has been can come again for it. */
function redrive(store: Store, { identity, messageId }: DeadLetterKey, args: RedriveArgs): FailureCode | undefined {
  const { space, ttlMs, maxQueued, deadLetterRetentionMs } = args;
  const now = store.now();
  const letter = store.get(LETTER, [space, identity, messageId, now - deadLetterRetentionMs]);
  if (letter === undefined) return "NOT_FOUND";
  const queued = store.get(
    "select count(*) from muster_queue where space = ? and identity = ? and (expires_at > ? or term is not null)",
    [space, identity, now],
  );
  if (maxQueued !== undefined && Number(queued?.[0]) >= maxQueued) return "QUEUE_FULL";
  const [message, epoch] = letter.map(Number);
  const [attached = null, dropped = null] =
    store.get("select epoch, dropped from muster_attachments where space = ? and identity = ?", [space, identity]) ??
    [];
  const life = Math.max(epoch ?? 0, Number(attached ?? 0), Number(dropped ?? -1) + 1);
  const seq = nextNumber(store, space);
  const expiresAt = now + ttlMs;
  store.run("insert into muster_pages values (?1, ?2, ?3, ?4, ?4, ?5)", [space, seq, message, identity, expiresAt]);
  store.run("delete from muster_dead_letters where space = ? and identity = ? and id = ?", [
    space,
    identity,
    messageId,
  ]);
  store.run(
    `insert into muster_deliveries (message, identity, seq, state, attempts, lease) values (?, ?, ?, 0, 0, 0)
      on conflict do update set seq = excluded.seq, state = 0, attempts = 0, lease = 0, ended_as = null, code = null,
        reason = null`,
    [message, identity, seq],
  );
  store.run(
    `insert into muster_queue (space, identity, seq, message, epoch, expires_at, attempts, lease)
      values (?, ?, ?, ?, ?, ?, 0, 0)`,
    [space, identity, seq, message, life, expiresAt],
  );
  promote(store, space, [[identity]]);
  return undefined;
}

export function purgeMany(store: Store, { space, keys, deadLetterRetentionMs }: PurgeArgs): readonly Refusal[] {
  const since = store.now() - deadLetterRetentionMs;
  return refusalsOf(keys, ({ identity, messageId }) => {
    const purged = store.run(
      "delete from muster_dead_letters where space = ? and identity = ? and id = ? and died_at > ?",
      [space, identity, messageId, since],
    );
    return purged > 0 ? undefined : "NOT_FOUND";
  });
}

function refusalsOf(
  keys: readonly DeadLetterKey[],
  apply: (key: DeadLetterKey) => FailureCode | undefined,
): readonly Refusal[] {
  return keys.flatMap((key, index): readonly Refusal[] => {
    const code = apply(key);
    return code === undefined ? [] : [[index, code]];
  });
}

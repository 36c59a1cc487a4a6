/** Messages as they are stored: once, whoever they are for. */

import type { DurableMessage } from "@muster/core/slots";
import type { Row, Store } from "../store/store.ts";

/** Its number: of the one that is known by this id, or of a new one that is known until then. */
export function keepMessage(store: Store, space: number, message: DurableMessage, knownUntil: number): number {
  const known = numberOf(store, space, message.id);
  if (known !== undefined) return known;
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  const once = guarantee === "exactly-once";
  const row = store.get(
    `insert into muster_messages (space, id, content_type, sent_at, once, reply_to, known_until, check_at, payload)
      values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) returning message`,
    [space, id, contentType, sentAt, once, replyTo, knownUntil, payload],
  );
  return Number(row?.[0]);
}

function numberOf(store: Store, space: number, id: string): number | undefined {
  const row = store.get("select message from muster_messages where space = ? and id = ?", [space, id]);
  return row && Number(row[0]);
}

/** Columns for {@link messageIn}, of `m`. */
export const CONTENTS = "m.id, m.content_type, m.sent_at, m.once, m.reply_to, m.payload";

export function messageIn([id, contentType, sentAt, once, replyTo, payload]: Row): DurableMessage {
  return {
    id: String(id),
    contentType: String(contentType),
    sentAt: Number(sentAt),
    guarantee: once === 1 ? "exactly-once" : "at-least-once",
    replyTo: replyTo === null ? undefined : String(replyTo),
    payload: bytesIn(payload),
  };
}

/** Without the driver's class, and in memory of its own. */
export function bytesIn(value: unknown): Uint8Array {
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array();
}

/** For the way to the thread: bytes that are a part of a larger buffer would take all of that with them. */
export function ownCopyOf(message: DurableMessage): DurableMessage {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  return { id, contentType, sentAt, guarantee, replyTo, payload: new Uint8Array(payload) };
}

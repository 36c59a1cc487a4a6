/** Names of what lies in the database: all of it in one schema, of whatever namespaces. */

import { createHash } from "node:crypto";
import type { Path } from "@muster/filter";

export const DEFAULT_SCHEMA = "muster";

/** Quoted, and with the schema in front. */
export interface Names {
  /** The schema, not quoted. */
  readonly schemaName: string;
  readonly schema: string;
  readonly migrations: string;
  readonly registrations: string;
  readonly metadata: string;
  /** The sequence that epochs are taken from. */
  readonly epochs: string;
  /** A function: `names.call("set_many")`. */
  call(name: string): string;
}

export function namesIn(schemaName: string): Names {
  const schema = quoted(schemaName);
  const call = (name: string): string => `${schema}.${quoted(name)}`;
  return Object.freeze({
    schemaName,
    schema,
    migrations: call("migrations"),
    registrations: call("registrations"),
    metadata: call("metadata"),
    epochs: call("epochs"),
    call,
  });
}

/** What an index of a field holds of its values: numbers, the beginnings of texts, or places. */
export type IndexKind = "number" | "text" | "place";

/** Not quoted. Every namespace whose schema asks for that field shares the index. */
export function indexName(kind: IndexKind, path: Path): string {
  return `metadata_${kind}_${digest(JSON.stringify(path)).toString("hex").slice(0, 16)}`;
}

/** The advisory lock of whoever changes something for all processes: 64 bits, as decimal digits. */
export function lockKey(
  purpose: "migrations" | "indexes" | "quota" | "messages" | "sweeping" | "queues" | "outbox",
  schemaName: string,
): string {
  return digest(`muster ${purpose} ${schemaName}`).readBigInt64BE().toString();
}

/** The channel on which a namespace is told of messages. */
export function channelName(schemaName: string, namespace: string): string {
  return `muster_${namespaceKey(schemaName, namespace)}`;
}

/** The channel on which a namespace is told of what its outbox has been given. */
export function outboxChannelName(schemaName: string, namespace: string): string {
  return `muster_outbox_${namespaceKey(schemaName, namespace)}`;
}

/** An identifier as it stands in a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as it stands in a statement that takes no parameters, such as the definition of an index. */
export function literal(text: string): string {
  const escaped = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${escaped.replaceAll("\\", "\\\\")}'` : `'${escaped}'`;
}

function namespaceKey(schemaName: string, namespace: string): string {
  return digest(`${schemaName} ${namespace}`).toString("hex").slice(0, 32);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

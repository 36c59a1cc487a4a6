/** The catalogue of a namespace's indexes as it was in one version. */

import { randomUUID } from "node:crypto";
import { MusterError } from "@muster/core/slots";
import type { Metadata, Path } from "@muster/filter";
import type { RedisClient } from "../client.ts";
import type { RegistryKeys } from "../keys.ts";
import { beginKeys } from "../scripts/begin.ts";
import { NO_CATALOGUE } from "../scripts/catalogue.ts";
import { writeKeys } from "../scripts/write-keys.ts";
import { pack } from "./encoding.ts";

/** Where the indexes of one namespace are. */
export interface IndexStore {
  readonly client: RedisClient;
  readonly keys: RegistryKeys;
  indexKey(position: number): string;
}

/** Its number is its position among the fields. */
interface IndexedField {
  readonly path: Path;
  /** Whether everyone who stands in the namespace is in its index, so that it may be asked. */
  readonly isReady: boolean;
}

/** What one script is sent must all come from one of these. */
export interface CatalogueState {
  /** A script that is sent with it does nothing but say so if the catalogue has changed. */
  readonly version: string;
  readonly fields: readonly IndexedField[];
  /** Keys of the indexes, by number. */
  readonly indexKeys: readonly string[];
  /** What scripts that maintain the indexes get as keys: frozen, for they get them again and again. */
  readonly writeKeys: readonly string[];
  /** The same for the script that begins a life. */
  readonly beginKeys: readonly string[];
  /** What the indexes hold of one registration: an encoded value for each, empty where it has none, a NUL between two. */
  entriesOf(metadata: Metadata): string;
}

/** The version of what stands in the catalogue about one field. */
const VERSION = 1;

/** Nobody has had it before, not even in a past that a failover has taken back. */
export function newVersion(): string {
  return randomUUID();
}

/** As the catalogue has it; the same text for the same path. */
export function encodePath(path: Path): string {
  return JSON.stringify({ v: VERSION, path });
}

/** A namespace without any index. */
export function noIndexes(store: IndexStore): CatalogueState {
  return stateOf(store, NO_CATALOGUE, []);
}

/** What the script that reads the catalogue has answered. @throws UNSUPPORTED: a newer release has put something into it. */
export function decodeCatalogue(store: IndexStore, reply: unknown): CatalogueState {
  const [version = NO_CATALOGUE, ...rest] = reply as readonly string[]; // As the script's header says.
  const fields: IndexedField[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    fields.push({ path: decodePath(rest[at] ?? ""), isReady: rest[at + 1] === "ready" });
  }
  return stateOf(store, version, fields);
}

function decodePath(text: string): Path {
  const { v, path } = JSON.parse(text) as { readonly v: number; readonly path: Path }; // Only `encodePath` writes it.
  if (v === VERSION) return path;
  throw new MusterError({
    code: "UNSUPPORTED",
    source: "redis.open",
    message: `the namespace has an index of version ${v}, made by a newer release: this one knows version ${VERSION}`,
    detail: { feature: `indexes of version ${v}` },
  });
}

function stateOf(store: IndexStore, version: string, fields: readonly IndexedField[]): CatalogueState {
  const paths = fields.map(({ path }) => path);
  const indexKeys = fields.map((_, position) => store.indexKey(position));
  return Object.freeze({
    version,
    fields,
    indexKeys,
    writeKeys: Object.freeze(writeKeys(store.keys, indexKeys)),
    beginKeys: Object.freeze(beginKeys(store.keys, indexKeys)),
    entriesOf: (metadata: Metadata) => pack(paths, metadata),
  });
}

/**
 * Where a page ended, as a text that only the same query takes back. Version 1, in base64url:
 *
 * ```
 * 0 version u8 │ 1 first 16 bytes of SHA-256 over version, query and position │ 17 position as JSON
 * ```
 *
 * The hash finds cursors that were cut, altered or belong to another query. It is no secret: whoever computes one gets a
 * page they could have asked for anyway.
 */

import { hash, timingSafeEqual } from "node:crypto";
import { canonicalJson, type Filter, formatFilter, isObject, isStorableText, type JsonValue } from "@muster/filter";
import { MusterError, type Position } from "../slots/index.ts";
import type { SortKey } from "./sort.ts";

const VERSION = 1;
const HASH_AT = 1;
const POSITION_AT = 17;

/** What a cursor is bound to. */
export interface CursorScope {
  readonly namespace: string;
  readonly filter: Filter | undefined;
  readonly keys: readonly SortKey[];
}

/** A position behind which the next page begins; `undefined` is the very start. */
export function encodeCursor(scope: CursorScope, position: Position | undefined): string {
  const text = JSON.stringify(position === undefined ? [] : [position.identity, ...position.values.map(stored)]);
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.of(VERSION), hashOf(scope, body), body]).toString("base64url");
}

/** @throws INVALID_CURSOR: cut, altered, or of another namespace, filter, order or release. */
export function decodeCursor(scope: CursorScope, cursor: unknown, source: string): Position | undefined {
  if (typeof cursor !== "string") throw invalid(source, "a cursor is the nextCursor of a page");
  const bytes = Buffer.from(cursor, "base64url");
  if (bytes.length < POSITION_AT || bytes.toString("base64url") !== cursor)
    throw invalid(source, "it was cut or altered");
  if (bytes[0] !== VERSION)
    throw invalid(source, `it has version ${bytes[0]}, and this release reads version ${VERSION}`);
  const body = bytes.subarray(POSITION_AT);
  if (!timingSafeEqual(hashOf(scope, body), bytes.subarray(HASH_AT, POSITION_AT))) {
    throw invalid(source, "it was altered, or belongs to another namespace, filter or sortBy");
  }
  return readPosition(body, scope.keys.length, source);
}

function readPosition(body: Buffer, valueCount: number, source: string): Position | undefined {
  const parsed = listOf(parseJson(body, source), source);
  if (parsed.length === 0) return undefined;
  const [identity, ...values] = parsed;
  if (typeof identity !== "string" || identity === "" || !isStorableText(identity) || values.length !== valueCount) {
    throw invalid(source, "it holds no position");
  }
  return { identity, values: values.map((value) => restored(value, source)) };
}

function parseJson(body: Buffer, source: string): JsonValue {
  try {
    return JSON.parse(body.toString("utf8")) as JsonValue; // What JSON.parse gives.
  } catch {
    throw invalid(source, "it holds no position");
  }
}

/** In a list of its own, so that an absent value has a form; objects and arrays are all equal in an order. */
function stored(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return [];
  return [isObject(value) || Array.isArray(value) ? {} : value];
}

function restored(value: JsonValue, source: string): JsonValue | undefined {
  const [inner] = listOf(value, source);
  // No registration holds such a value, and not every store can be asked about one.
  const isStorable =
    typeof inner === "string" ? isStorableText(inner) : typeof inner !== "number" || Number.isFinite(inner);
  if (!isStorable) throw invalid(source, "it holds no position");
  return inner;
}

function listOf(value: JsonValue, source: string): readonly JsonValue[] {
  if (typeof value !== "object" || value === null || isObject(value)) throw invalid(source, "it holds no position");
  return value;
}

function hashOf({ namespace, filter, keys }: CursorScope, body: Uint8Array): Buffer {
  const query = canonicalJson([
    namespace,
    filter === undefined ? null : JSON.stringify(formatFilter(filter)),
    keys.map(({ text }) => text),
  ]);
  const bytes = Buffer.concat([Buffer.of(VERSION), Buffer.from(`${query}\n`), body]);
  return hash("sha256", bytes, "buffer").subarray(0, POSITION_AT - HASH_AT);
}

function invalid(source: string, message: string): MusterError<"INVALID_CURSOR"> {
  return new MusterError({ code: "INVALID_CURSOR", source, message: `${message}; start again without a cursor` });
}

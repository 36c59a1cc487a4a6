/** Records of `pos`: how far each identity has come, what was dropped, and what was redriven. */

import { arrayIn } from "./bytes.ts";

/** How far an identity has come. Offsets are of its shard in `q`. */
export interface Progress {
  /** All before it is settled. */
  readonly position: number;
  /** Settled as well, in ascending order. */
  readonly settled: readonly number[];
  readonly attempts: readonly Attempted[];
}

/** A delivery that has been tried and is to be tried again. */
export interface Attempted {
  readonly offset: number;
  readonly attempts: number;
  /** Epoch ms; 0: at once. */
  readonly dueAt: number;
}

/** Whose record it is: an attachment writes under a key of its own, so that compaction takes nobody else's. */
export interface StateRecord extends Progress {
  readonly kind: "state";
  readonly identity: string;
  readonly epoch: number;
  /** Of one attachment, and no other. */
  readonly tag: string;
  /** Of its process. */
  readonly seal: string;
  /** Of the record that attached it; `undefined`: it is this one. */
  readonly attachedAt: number | undefined;
  /** How often attachments have ended unclean since that was told the head of the queue. */
  readonly unclean: number;
  readonly isDetached: boolean;
  /** The last {@link ResetRecord} that its writer knew; empty: none. */
  readonly reset: string;
}

/** All that was enqueued for epochs up to this one is void, now and later. */
interface DropRecord {
  readonly kind: "drop";
  readonly identity: string;
  readonly epoch: number;
}

/** The dead letter is none any more: it stands in `q`. */
export interface RedriveRecord {
  readonly kind: "redrive";
  readonly identity: string;
  readonly messageId: string;
  readonly generation: string;
  /** Where in `q`. */
  readonly offset: number;
  readonly expiresAt: number;
}

/** `q` has been made anew: positions that were written before mean nothing. */
interface ResetRecord {
  readonly kind: "reset";
  /** No other's. */
  readonly id: string;
}

export type PositionRecord = StateRecord | DropRecord | RedriveRecord | ResetRecord;

/** As it is found in the log: what stands under its key, and who waits for it to be read back. */
export interface Read {
  readonly key: string;
  readonly record: PositionRecord;
  readonly ticket: string;
}

export function keyOf(record: PositionRecord): string {
  switch (record.kind) {
    case "state":
      return JSON.stringify(["s", record.identity, record.epoch, record.tag]);
    case "drop":
      return JSON.stringify(["d", record.identity, record.epoch]);
    case "redrive":
      return JSON.stringify(["r", record.identity, record.messageId, record.generation]);
    case "reset":
      return JSON.stringify(["q"]);
  }
}

/** @param ticket comes back with it. */
export function encodeRecord(record: PositionRecord, ticket: string): string {
  switch (record.kind) {
    case "state": {
      const { position, settled, attempts, seal, attachedAt, unclean, isDetached, reset } = record;
      const tried = attempts.flatMap(({ offset, attempts: count, dueAt }) => [offset, count, dueAt]);
      const flags = isDetached ? 1 : 0;
      return JSON.stringify([ticket, position, settled, tried, seal, attachedAt ?? null, unclean, flags, reset]);
    }
    case "redrive":
      return JSON.stringify([ticket, record.offset, record.expiresAt]);
    case "reset":
      return JSON.stringify([ticket, record.id]);
    case "drop":
      return JSON.stringify([ticket]);
  }
}

/** Whose key it is; `undefined`: of nobody here. */
export function identityIn(key: string): string | undefined {
  const identity = arrayIn(key)?.[1];
  return typeof identity === "string" ? identity : undefined;
}

/** `undefined`: it is nothing that was written here. */
export function decodeRecord(key: string, value: string): Read | undefined {
  const name = arrayIn(key);
  const fields = arrayIn(value);
  const ticket = fields?.[0];
  if (name === undefined || fields === undefined || typeof ticket !== "string") return undefined;
  const record = recordIn(name, fields);
  return record && { key, record, ticket };
}

function recordIn(name: readonly unknown[], fields: readonly unknown[]): PositionRecord | undefined {
  const [kind, identity, third, fourth] = name;
  if (kind === "q") return { kind: "reset", id: String(fields[1]) };
  if (typeof identity !== "string") return undefined;
  if (kind === "d") return { kind: "drop", identity, epoch: Number(third) };
  if (typeof fourth !== "string") return undefined;
  if (kind === "r") {
    const [, offset, expiresAt] = fields;
    const of = { messageId: String(third), generation: fourth };
    return { kind: "redrive", identity, ...of, offset: Number(offset), expiresAt: Number(expiresAt) };
  }
  if (kind !== "s") return undefined;
  const [, position, settled, tried, seal, attachedAt, unclean, flags, reset] = fields;
  return {
    kind: "state",
    identity,
    epoch: Number(third),
    tag: fourth,
    position: Number(position),
    settled: Array.isArray(settled) ? settled.map(Number) : [],
    attempts: Array.isArray(tried) ? attemptsIn(tried.map(Number)) : [],
    seal: String(seal),
    attachedAt: typeof attachedAt === "number" ? attachedAt : undefined,
    unclean: Number(unclean),
    isDetached: flags === 1,
    reset: String(reset),
  };
}

function attemptsIn(flat: readonly number[]): readonly Attempted[] {
  const attempts: Attempted[] = [];
  for (let at = 0; at + 2 < flat.length; at += 3)
    attempts.push({ offset: flat[at] ?? 0, attempts: flat[at + 1] ?? 0, dueAt: flat[at + 2] ?? 0 });
  return attempts;
}

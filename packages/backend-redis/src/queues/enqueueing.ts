/** The contract's `enqueueMany`. */

import { type BatchFailure, type DurableMessage, MusterError, type Target } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import type { RedisArgument, RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { enqueueScript } from "../scripts/queues/enqueue.ts";
import { cut, sendParts } from "../store/batches.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { checkMessage, checkTargets, checkTtl } from "./arguments.ts";
import { runUncrowded } from "./dissolving.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import type { Space } from "./space.ts";

/** Of one script: it takes the server a fraction of a millisecond, or a few where it has to look at each. */
const MAX_TARGETS = 1_000;

/** A target, and where it stands in the batch. */
interface Entry {
  readonly target: Target;
  readonly index: number;
}

/** Those that one session is believed to serve. */
interface Group {
  readonly session: string;
  readonly entries: Entry[];
}

export async function enqueueMany(
  space: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checkMessage(message, "enqueueMany");
  checkTargets(targets, "enqueueMany");
  checkTtl(ttlMs, "enqueueMany");
  const parts = cut(inOrder(targets), ({ target }) => target.identity.length, MAX_TARGETS);
  const refused = await sendParts(parts, `${NAME}.enqueueMany`, call, async (part) =>
    enqueuePart(space, message, part, Math.ceil(ttlMs), call),
  );
  return failuresOf(forAll(targets, refused), "enqueueMany", (index) => targets[index]?.identity ?? "");
}

/** Who occurs twice is refused twice. */
function forAll(
  targets: readonly Target[],
  refused: readonly (readonly [index: number, code: FailureCode])[],
): ReadonlyMap<number, FailureCode> {
  if (refused.length === 0) return new Map();
  const codes = new Map(refused.map(([index, code]) => [targets[index]?.identity, code]));
  return new Map(
    targets.flatMap(({ identity }, index) => {
      const code = codes.get(identity);
      return code === undefined ? [] : [[index, code] as const];
    }),
  );
}

async function enqueuePart(
  space: Space,
  message: DurableMessage,
  part: readonly Entry[],
  ttlMs: number,
  call: RedisCall,
): Promise<readonly (readonly [index: number, code: FailureCode])[]> {
  const groups = groupsOf(part);
  const { trackingRetentionMs, maxQueued } = space.scope;
  const targets = [
    part[0]?.target.identity ?? "",
    part.at(-1)?.target.identity ?? "",
    ...groups.flatMap(({ session, entries }) => [session, entries.map(memberOf).join("\0")]),
  ];
  const limits = [Math.ceil(trackingRetentionMs), ttlMs, maxQueued ?? ""];
  for (let isKnown = space.stored.has(message.id); ; isKnown = false) {
    const contents = isKnown ? [message.id, "", "", "", "", ""] : contentsOf(message);
    const argumentsFor = (force: string): readonly RedisArgument[] => [...contents, ...limits, force, ...targets];
    const refused = listIn(await runUncrowded(space, enqueueScript, argumentsFor, call));
    if (refused.length !== 1) {
      space.stored.add(message.id);
      return refusalsIn(refused, groups);
    }
    space.stored.delete(message.id);
    if (!isKnown)
      throw new MusterError({ code: "INTERNAL", source: `${NAME}.enqueueMany`, message: "it is not stored" });
  }
}

/** As scripts take it. */
export function contentsOf(message: DurableMessage): readonly RedisArgument[] {
  const { id, contentType, sentAt, guarantee, replyTo, payload } = message;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const reply = replyTo === undefined ? "" : `=${replyTo}`;
  return [id, contentType, String(sentAt), guarantee === "exactly-once" ? "1" : "0", reply, bytes];
}

function memberOf({ target: { identity, epoch } }: Entry): string {
  return `${identity}\0${epoch}`;
}

/** By identity, each once; callers mostly have them in order. */
function inOrder(targets: readonly Target[]): readonly Entry[] {
  const entries = targets.map((target, index) => ({ target, index }));
  const isBehind = ({ target }: Entry, index: number, all: readonly Entry[]): boolean => {
    const before = all[index - 1];
    return before === undefined || compareStrings(before.target.identity, target.identity) < 0;
  };
  if (entries.every(isBehind)) return entries;
  return entries.sort((a, b) => compareStrings(a.target.identity, b.target.identity)).filter(isFirst);
}

function isFirst({ target }: Entry, index: number, all: readonly Entry[]): boolean {
  return all[index - 1]?.target.identity !== target.identity;
}

function groupsOf(part: readonly Entry[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const entry of part) {
    const { session = "" } = entry.target;
    const group = groups.get(session);
    if (group === undefined) groups.set(session, { session, entries: [entry] });
    else group.entries.push(entry);
  }
  return [...groups.values()];
}

function refusalsIn(
  reply: readonly unknown[],
  groups: readonly Group[],
): readonly (readonly [index: number, code: FailureCode])[] {
  const refusals: (readonly [number, FailureCode])[] = [];
  for (let at = 0; at < reply.length; at += 3) {
    const entry = groups[numberIn(reply[at]) - 1]?.entries[numberIn(reply[at + 1]) - 1];
    const isFull = bytesIn(reply[at + 2]).toString() === "q";
    if (entry !== undefined) refusals.push([entry.index, isFull ? "QUEUE_FULL" : "UNREGISTERED"]);
  }
  return refusals;
}

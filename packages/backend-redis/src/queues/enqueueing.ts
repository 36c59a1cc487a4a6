/** The contract's `enqueueMany`. */

import { type BatchFailure, type DurableMessage, MusterError, type Target } from "@muster/core/slots";
import type { RedisArgument, RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { enqueueScript } from "../scripts/queues/enqueue.ts";
import { sendParts } from "../store/batches.ts";
import { bytesIn, listIn, numberIn } from "../store/replies.ts";
import { checks } from "./arguments.ts";
import type { Audience } from "./audiences.ts";
import { runUncrowded } from "./dissolving.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import type { Part } from "./recipients.ts";
import type { Space } from "./space.ts";

type Refusal = readonly [identity: string, code: FailureCode];

export async function enqueueMany(
  space: Space,
  message: DurableMessage,
  targets: readonly Target[],
  { ttlMs }: { readonly ttlMs: number },
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checks.checkMessage(message, "enqueueMany");
  checks.checkBatch(targets, "enqueueMany");
  checks.checkTtl(ttlMs, "enqueueMany");
  const parts = space.recipients.partsOf(targets).map((part) => [part]);
  const refused = await sendParts(parts, `${NAME}.enqueueMany`, call, async ([part]) =>
    part === undefined ? [] : enqueuePart(space, message, part, Math.ceil(ttlMs), call),
  );
  return failuresOf(codesOf(targets, refused), "enqueueMany", (index) => targets[index]?.identity ?? "");
}

/** By position in the batch. Who occurs twice is refused twice. */
function codesOf(targets: readonly Target[], refused: readonly Refusal[]): ReadonlyMap<number, FailureCode> {
  if (refused.length === 0) return new Map();
  const codes = new Map(refused);
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
  part: Part,
  ttlMs: number,
  call: RedisCall,
): Promise<readonly Refusal[]> {
  const { trackingRetentionMs, maxQueued } = space.scope;
  const { first, last, count, groups } = part;
  const targets: RedisArgument[] = [first, last, count];
  for (const { session, text } of groups) targets.push(space.audiences.versionOf(session, text), session, text);
  const limits = [Math.ceil(trackingRetentionMs), ttlMs, maxQueued ?? ""];
  for (let isKnown = space.stored.has(message.id); ; isKnown = false) {
    const contents = isKnown ? [message.id, "", "", "", "", ""] : contentsOf(message);
    const argumentsFor = (force: string): readonly RedisArgument[] => [...contents, ...limits, force, ...targets];
    const reply = listIn(await runUncrowded(space, enqueueScript, argumentsFor, call));
    if (reply.length !== 1) {
      space.stored.add(message.id);
      const [refused, versions] = reply;
      if (refused === undefined) return [];
      versionsInto(space, listIn(versions), groups);
      return refusalsIn(listIn(refused), groups);
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

function versionsInto({ audiences }: Space, reply: readonly unknown[], groups: readonly Audience[]): void {
  for (let at = 0; at < reply.length; at += 2) {
    const audience = groups[numberIn(reply[at]) - 1];
    if (audience !== undefined) audiences.add(audience, bytesIn(reply[at + 1]).toString());
  }
}

function refusalsIn(reply: readonly unknown[], groups: readonly Audience[]): readonly Refusal[] {
  const refusals: Refusal[] = [];
  for (let at = 0; at < reply.length; at += 3) {
    const identity = groups[numberIn(reply[at]) - 1]?.identities[numberIn(reply[at + 1]) - 1];
    const isFull = bytesIn(reply[at + 2]).toString() === "q";
    if (identity !== undefined) refusals.push([identity, isFull ? "QUEUE_FULL" : "UNREGISTERED"]);
  }
  return refusals;
}

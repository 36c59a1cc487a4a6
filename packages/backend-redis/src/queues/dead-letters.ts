/** Dead letters: read, tried again, thrown away. */

import type { BatchFailure, DeadLetter, DeadLetterKey } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { lettersScript, purgeScript, redriveScript } from "../scripts/queues/letters.ts";
import { cut, sendParts } from "../store/batches.ts";
import { bytesIn, listIn } from "../store/replies.ts";
import { checks } from "./arguments.ts";
import { detailsIn } from "./details.ts";
import { runUncrowded } from "./dissolving.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import { run, type Space } from "./space.ts";

/** Of one script. */
const MOST_ENTRIES = 125;

/** Of letters that come at once with their payloads. */
const MOST = 100;
/** Texts of one letter. */
const LETTER = 5;

export interface DeadLetterQuery {
  readonly after?: DeadLetterKey;
  readonly pageSize: number;
  readonly identity?: string;
}

/** The first of those behind `after`; the server answers with fewer when they are large. */
export async function readDeadLetters(
  space: Space,
  { after, pageSize, identity }: DeadLetterQuery,
  call: RedisCall,
): Promise<readonly DeadLetter[]> {
  const behind = after && `(${after.identity}\0${after.messageId}\x01`;
  const isIn =
    identity === undefined || after === undefined || Buffer.compare(bytes(after.identity), bytes(identity)) >= 0;
  const from = identity !== undefined && !(behind !== undefined && isIn) ? `[${identity}\0` : (behind ?? "-");
  const to = identity === undefined ? "+" : `(${identity}\x01`;
  const reply = listIn(await run(space, lettersScript, [from, to, Math.min(Math.floor(pageSize), MOST)], call));
  const letters: DeadLetter[] = [];
  for (let at = 0; at < reply.length; at += LETTER) letters.push(letterIn(reply.slice(at, at + LETTER)));
  return letters;
}

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function letterIn([name, details, contentType, sentAt, payload]: readonly unknown[]): DeadLetter {
  const [identity = "", messageId = ""] = bytesIn(name).toString().split("\0");
  return {
    messageId,
    identity,
    ...detailsIn(bytesIn(details).toString()),
    contentType: bytesIn(contentType).toString(),
    sentAt: Number(bytesIn(sentAt).toString()),
    payload: new Uint8Array(bytesIn(payload)),
  };
}

export async function redriveMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  { ttlMs }: { readonly ttlMs: number },
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checks.checkTtl(ttlMs, "redriveMany");
  return decided(keys, "redriveMany", call, async (part) => {
    const limits = [Math.ceil(ttlMs), space.scope.maxQueued ?? ""];
    const columns = part.flatMap(({ identity, messageId }) => [identity, messageId]);
    return runUncrowded(space, redriveScript, (force) => [...limits, force, ...columns], call);
  });
}

export async function purgeMany(
  space: Space,
  keys: readonly DeadLetterKey[],
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  return decided(keys, "purgeMany", call, async (part) => {
    const columns = part.flatMap(({ identity, messageId }) => [identity, messageId]);
    return run(space, purgeScript, columns, call);
  });
}

async function decided(
  keys: readonly DeadLetterKey[],
  operation: string,
  call: RedisCall,
  send: (part: readonly DeadLetterKey[]) => Promise<unknown>,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(keys, operation);
  const parts = cut(keys, ({ identity, messageId }) => identity.length + messageId.length, MOST_ENTRIES);
  const verdicts = await sendParts(parts, `${NAME}.${operation}`, call, async (part) =>
    listIn(await send(part)).map((verdict) => bytesIn(verdict).toString()),
  );
  const codes = new Map<number, FailureCode>();
  for (const [index, verdict] of verdicts.entries())
    if (verdict !== "r") codes.set(index, verdict === "q" ? "QUEUE_FULL" : "NOT_FOUND");
  return failuresOf(codes, operation, (index) => keys[index]?.identity ?? "");
}

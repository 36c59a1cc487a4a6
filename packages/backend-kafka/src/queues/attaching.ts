/** Who is handed what comes for an identity: written to `pos`, where what stood before decides. */

import { randomUUID } from "node:crypto";
import { type BatchFailure, type Call, queueFailure, type Target } from "@muster/core/slots";
import { codedError, NAME } from "../errors.ts";
import type { Post, Verdict } from "./ledger.ts";
import { Mailbox } from "./mailbox.ts";
import type { StateRecord } from "./position-records.ts";
import type { Space } from "./space.ts";
import { type Known, NOTHING_DONE } from "./table.ts";
import { stateOf } from "./flusher.ts";

const OPERATION = "attachMany";

export async function attachMany(
  space: Space,
  session: string,
  targets: readonly Target[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  await space.barrier.pass(OPERATION);
  const failures: BatchFailure[] = [];
  const wanted = new Map<string, { readonly index: number; readonly target: Target }>();
  for (const [index, target] of targets.entries()) {
    const known = space.table.get(target.identity);
    if (isFenced(known, target)) failures.push(fenced(index, target.identity));
    else if (!isAttached(space, session, target)) wanted.set(target.identity, { index, target });
  }
  if (wanted.size > 0) failures.push(...(await attach(space, session, [...wanted.values()], call)));
  return failures.sort((a, b) => a.index - b.index);
}

async function attach(
  space: Space,
  session: string,
  wanted: readonly { readonly index: number; readonly target: Target }[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  const shards = new Set(wanted.map(({ target }) => space.shardOf(target.identity)));
  const since = Date.now() - space.dedupWindowMs;
  await space.followTail(shards, call, OPERATION);
  const recent = await space.wire.offsets("q", shards, since, call, OPERATION);
  const posts = wanted.map(({ target }): Post & { readonly record: StateRecord } => {
    const shard = space.shardOf(target.identity);
    return { shard, record: attachRecord(space, shard, target) };
  });
  const verdicts = await space.ledger.write(posts, call, OPERATION);
  const failures: BatchFailure[] = [];
  for (const [index, { shard, record }] of posts.entries()) {
    const at = wanted[index]?.index ?? 0;
    const failure = failureOf(at, record.identity, verdicts[index] ?? false);
    if (failure !== undefined) failures.push(failure);
    else if (!take(space, session, { shard, record, recent: recent.get(shard) ?? -1 }))
      failures.push(fenced(at, record.identity));
  }
  space.replay.look();
  space.waiters.wake(session);
  return failures;
}

/** False: somebody else has been attached since. */
function take(
  space: Space,
  session: string,
  { shard, record, recent }: { readonly shard: number; readonly record: StateRecord; readonly recent: number },
): boolean {
  const { identity, tag } = record;
  const known = space.table.get(identity);
  if (known?.owner?.tag !== tag) return false;
  const mailbox = space.mailboxes.get(identity);
  if (mailbox !== undefined) {
    mailbox.owner = known.owner;
    space.waiters.wake(mailbox.session);
    space.mailboxes.move(mailbox, session);
    return true;
  }
  const { progress, owner, unclean } = known;
  const edge = recent < 0 ? (space.tail.next("q", shard) ?? 0) : recent;
  const readFrom = Math.max(0, Math.min(progress.position, edge));
  const { dedupWindowMs } = space;
  space.mailboxes.add(new Mailbox({ identity, shard, session, owner, progress, unclean, readFrom, dedupWindowMs }));
  return true;
}

export async function detachMany(
  space: Space,
  session: string,
  identities: readonly string[],
  call: Call,
): Promise<void> {
  const operation = "detachMany";
  const dirty = [...new Set(identities)].flatMap((identity) => {
    const mailbox = space.mailboxes.get(identity);
    return mailbox?.session === session && mailbox.isDirty ? [mailbox] : [];
  });
  await Promise.all(dirty.map(async (mailbox) => space.flusher.flush(mailbox)));
  const posts: Post[] = [];
  for (const identity of new Set(identities)) {
    const mailbox = space.mailboxes.get(identity);
    if (mailbox?.session !== session) continue;
    const record: StateRecord = { ...stateOf(space, mailbox), isDetached: true };
    posts.push({ shard: mailbox.shard, record });
    space.forget(identity);
  }
  if (posts.length === 0) return space.barrier.pass(operation);
  for (const verdict of await space.ledger.write(posts, call, operation)) if (verdict instanceof Error) throw verdict;
}

/** It carries over what is known: what stood under other keys is compacted some day. */
function attachRecord(space: Space, shard: number, { identity, epoch }: Target): StateRecord {
  const known = space.table.get(identity);
  const mailbox = space.mailboxes.get(identity);
  const { seal } = space;
  const tag = randomUUID();
  const fresh = { kind: "state", identity, epoch, tag, seal, attachedAt: undefined } as const;
  const rest = { isDetached: false, reset: space.table.resetOf(shard) };
  if (mailbox !== undefined) {
    // Whoever held them may have died of them.
    for (const item of mailbox.items) if (item.state === "leased") space.mailboxes.wait(item, { isTried: true });
    return { ...stateOf(space, mailbox), ...fresh, ...rest };
  }
  const isUnclean = known?.owner !== undefined && !known.isDetached && known.owner.seal !== seal;
  const unclean = (known?.unclean ?? 0) + (isUnclean ? 1 : 0);
  return { ...fresh, ...rest, ...(known?.progress ?? NOTHING_DONE), unclean };
}

function isFenced(known: Known | undefined, { epoch }: Target): boolean {
  return known !== undefined && (epoch <= known.dropped || epoch < (known.owner?.epoch ?? 0));
}

function isAttached({ mailboxes }: Space, session: string, { identity, epoch }: Target): boolean {
  const mailbox = mailboxes.get(identity);
  return mailbox?.session === session && mailbox.owner.epoch === epoch;
}

function failureOf(index: number, identity: string, verdict: Verdict): BatchFailure | undefined {
  if (verdict === true) return undefined;
  if (verdict === false) return fenced(index, identity);
  return { index, error: codedError(verdict, { operation: OPERATION, subject: identity, mayHaveApplied: true }) };
}

function fenced(index: number, identity: string): BatchFailure {
  return { index, error: queueFailure("FENCED", `${NAME}.${OPERATION}`, identity) };
}

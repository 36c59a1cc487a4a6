/** The end of a life: what was left for it are dead letters, and all that may come for it yet is void. */

import type { Call, DeadCode, Target } from "@muster/core/slots";
import { bury, type Dead } from "./letters.ts";
import type { Post } from "./ledger.ts";
import { type Item, Mailbox } from "./mailbox.ts";
import { scan } from "./scanning.ts";
import type { Space } from "./space.ts";
import { NOTHING_DONE } from "./table.ts";

const OPERATION = "dropMany";

export interface Why {
  readonly code: DeadCode;
  readonly reason: string;
}

/** Letters first: who dies in between has dropped nothing yet, and buries the same again. */
export async function dropMany(space: Space, targets: readonly Target[], why: Why, call: Call): Promise<void> {
  await space.barrier.pass(OPERATION);
  const dropping = new Map<string, number>();
  for (const { identity, epoch } of targets)
    if (epoch > (space.table.get(identity)?.dropped ?? -1))
      dropping.set(identity, Math.max(epoch, dropping.get(identity) ?? -1));
  if (dropping.size === 0) return;
  const away = new Map<string, number>();
  const dead: Dead[] = [];
  for (const [identity, epoch] of dropping) {
    const mailbox = space.mailboxes.get(identity);
    if (mailbox?.isLive === true) dead.push(...deadIn(mailbox.items, epoch, why));
    else away.set(identity, epoch);
  }
  await buried(space, dead, call);
  await buryBacklogs(space, away, why, call);
  const posts = [...dropping].map(
    ([identity, epoch]): Post => ({
      shard: space.shardOf(identity),
      record: { kind: "drop", identity, epoch },
    }),
  );
  for (const verdict of await space.ledger.write(posts, call, OPERATION)) if (verdict instanceof Error) throw verdict;
}

/** Of those whose queues are not at hand, read from where each has come to. */
async function buryBacklogs(space: Space, away: ReadonlyMap<string, number>, why: Why, call: Call): Promise<void> {
  if (away.size === 0) return;
  const shards = new Set([...away.keys()].map((identity) => space.shardOf(identity)));
  const recent = await space.wire.offsets("q", shards, Date.now() - space.dedupWindowMs, call, OPERATION);
  const byShard = new Map([...shards].map((shard) => [shard, new Map<string, Mailbox>()]));
  const from = new Map<number, number>();
  for (const identity of away.keys()) {
    const mailbox = reading(space, identity, recent.get(space.shardOf(identity)) ?? -1);
    byShard.get(mailbox.shard)?.set(identity, mailbox);
    from.set(mailbox.shard, Math.min(mailbox.readTo, from.get(mailbox.shard) ?? Number.MAX_SAFE_INTEGER));
  }
  for await (const { shard, records } of scan(space.wire, "q", from, call, OPERATION)) {
    const mailboxes = byShard.get(shard) ?? new Map<string, Mailbox>();
    for (const record of records) space.sort(record, mailboxes, (mailbox, offset) => offset >= mailbox.readTo);
    const dead = [...mailboxes.values()].flatMap((mailbox) =>
      deadIn(mailbox.items, away.get(mailbox.identity) ?? -1, why),
    );
    await buried(space, dead, call);
    for (const mailbox of mailboxes.values()) for (const item of [...mailbox.items]) mailbox.end(item);
  }
}

function reading(space: Space, identity: string, recent: number): Mailbox {
  const known = space.table.get(identity);
  const own = space.mailboxes.get(identity);
  const shard = space.shardOf(identity);
  const progress = own?.progress(space.tail.next("q", shard) ?? 0) ?? known?.progress ?? NOTHING_DONE;
  const readFrom = Math.max(0, recent < 0 ? progress.position : Math.min(progress.position, recent));
  const owner = { epoch: 0, tag: "", seal: "", attachedAt: 0 };
  const { dedupWindowMs } = space;
  return new Mailbox({ identity, shard, session: "", owner, progress, unclean: 0, readFrom, dedupWindowMs });
}

function deadIn(items: readonly Item[], epoch: number, why: Why): readonly Dead[] {
  return items.flatMap((item): readonly Dead[] => {
    if (item.epoch > epoch || item.state === "unmarked") return [];
    const isHeld = item.state === "leased" || item.state === "settling";
    return [{ item, ...why, attempts: item.attempts + (isHeld ? 1 : 0) }];
  });
}

async function buried(space: Space, dead: readonly Dead[], call: Call): Promise<void> {
  if (dead.length === 0) return;
  for (const error of (await bury(space, dead, call, OPERATION)).values()) throw error;
}

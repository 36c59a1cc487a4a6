/** What nobody needs to know any more: records that others have superseded, letters past their retention. */

import type { Call } from "@muster/core/slots";
import { stateOf } from "./flusher.ts";
import type { Post } from "./ledger.ts";
import { isRedriven, type Letter, lettersIn, unbury } from "./letters.ts";
import type { Space } from "./space.ts";
import type { Entry } from "./wire.ts";

const OPERATION = "sweep";
/** Records of a shard after which an identity that nothing has come for says so: who reads for it later reads no more than that. */
const MAX_LAG = 20_000;

export class Sweeper {
  readonly #space: Space;
  /** By shard: where the letters ended when all of them were looked at. */
  #looked: ReadonlyMap<number, number> = new Map();
  #nextLetterAt = 0;

  constructor(space: Space) {
    this.#space = space;
  }

  /** How many records are over. */
  async sweep(limit: number, call: Call): Promise<number> {
    await this.#space.barrier.pass(OPERATION);
    const letters = await this.#letters(limit, call);
    const positions = await this.#positions(limit, call);
    await this.#lagging();
    return letters + positions;
  }

  async #letters(limit: number, call: Call): Promise<number> {
    const space = this.#space;
    const now = Date.now();
    const ends = await space.wire.offsets("dead", space.allShards(), "end", call, OPERATION);
    const isSame = [...ends].every(([shard, end]) => end === (this.#looked.get(shard) ?? 0));
    if (isSame && now < this.#nextLetterAt) return 0;
    const over: Letter[] = [];
    let nextAt = Number.POSITIVE_INFINITY;
    for await (const letter of lettersIn(space, space.allShards(), call, OPERATION, { withRedriven: true })) {
      const endsAt = letter.diedAt + space.durability.deadLetterRetentionMs;
      if (endsAt <= now || isRedriven(space, letter)) over.push(letter);
      else nextAt = Math.min(nextAt, endsAt);
    }
    const swept = over.slice(0, limit);
    await unbury(space, swept, call, OPERATION);
    if (over.length === 0) {
      this.#looked = ends;
      this.#nextLetterAt = nextAt;
    }
    return swept.length;
  }

  async #positions(limit: number, call: Call): Promise<number> {
    const { table, mailboxes, settings, ledger, wire, seal } = this.#space;
    const posts: Post[] = [];
    const entries = new Map<number, Entry[]>();
    let swept = 0;
    for (const [identity, known] of table.entries()) {
      if (swept >= limit) break;
      if (known.keys.length < 2 && known.dropped < 0 && known.redriven.size === 0) continue;
      const over = table.superseded(identity, settings.retentionMs, Date.now());
      const mailbox = mailboxes.get(identity);
      const isOwn = mailbox !== undefined && known.owner?.seal === seal;
      const some = isOwn || known.owner === undefined ? over : over.filter((key) => key.startsWith('["r"'));
      if (some.length === 0) continue;
      swept += 1;
      if (isOwn) posts.push({ shard: known.shard, record: stateOf(this.#space, mailbox), over: some });
      else
        entries.set(known.shard, [
          ...(entries.get(known.shard) ?? []),
          ...some.map((key): Entry => ({ key, value: null })),
        ]);
    }
    if (posts.length > 0) await ledger.write(posts, call, OPERATION);
    if (entries.size > 0) await wire.produce("pos", entries, call, OPERATION);
    if (swept > 0) await this.#space.barrier.pass(OPERATION);
    return swept;
  }

  async #lagging(): Promise<void> {
    const { mailboxes, tail, table, flusher } = this.#space;
    const lagging = [...mailboxes.all()].filter((mailbox) => {
      if (!mailbox.isLive || mailbox.size > 0) return false;
      const position = table.get(mailbox.identity)?.progress.position ?? 0;
      return (tail.next("q", mailbox.shard) ?? 0) - position > MAX_LAG;
    });
    await Promise.all(lagging.map(async (mailbox) => flusher.flush(mailbox)));
  }
}

/** Looks at the shards that are to be looked at, a bounded number of them at a time, and each for itself. */

import { codedError } from "../call.ts";
import { isMusterError } from "../slots/index.ts";
import type { Agenda } from "../tasks/agenda.ts";
import { backoffMs } from "../tasks/retry.ts";
import type { Look } from "./hand-over.ts";
import type { HeldShard } from "./held-shard.ts";
import type { Outages } from "./outages.ts";

const MAX_AT_ONCE = 4;
const SOURCE = "core.relay";

export interface RoundsOptions {
  readonly agenda: Agenda;
  readonly outages: Outages;
  readonly stopping: AbortSignal;
  look(shard: HeldShard): Promise<Look>;
  /** Its lease turned out to be over. */
  onFenced(shard: HeldShard): void;
}

export class Rounds {
  readonly #options: RoundsOptions;
  /** In the order in which they are looked at. */
  readonly #due = new Set<HeldShard>();
  readonly #running = new Map<HeldShard, Promise<void>>();
  /** After a failure a shard is left alone for a while, whatever rings. */
  readonly #pauses = new Map<HeldShard, Disposable>();

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** There may be something in these. */
  ring(shards: Iterable<HeldShard>): void {
    for (const shard of shards) this.#due.add(shard);
    this.#next();
  }

  /** Resolves when no look is under way. After the relay was told to stop there is none any more. Never rejects. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    for (const pause of this.#pauses.values()) pause[Symbol.dispose]();
    this.#pauses.clear();
  }

  #next(): void {
    for (const shard of this.#due) {
      if (this.#options.stopping.aborted || this.#running.size >= MAX_AT_ONCE) return;
      if (this.#running.has(shard) || this.#pauses.has(shard)) continue;
      this.#due.delete(shard);
      if (!shard.isLive) {
        this.#options.outages.over(nameOf(shard));
        continue;
      }
      const running = this.#look(shard).finally(() => {
        this.#running.delete(shard);
        this.#next();
      });
      this.#running.set(shard, running);
    }
  }

  async #look(shard: HeldShard): Promise<void> {
    const { outages, look, onFenced, stopping } = this.#options;
    const name = nameOf(shard);
    try {
      const { isMore, leftForMs } = await look(shard);
      outages.over(name);
      if (isMore) this.#due.add(shard);
      if (leftForMs !== undefined) this.#ringAfter(leftForMs, shard);
    } catch (cause) {
      if (stopping.aborted) return;
      if (isMusterError(cause, "FENCED")) {
        outages.over(name);
        onFenced(shard);
        return;
      }
      this.#due.add(shard);
      this.#pause(shard, outages.failed(name, codedError(cause, SOURCE)));
    }
  }

  #pause(shard: HeldShard, tries: number): void {
    const pause = this.#options.agenda.after(backoffMs(tries), () => {
      this.#pauses.delete(shard);
      this.#next();
    });
    this.#pauses.set(shard, pause);
  }

  /** One that is lost costs the time to the next poll. */
  #ringAfter(ms: number, shard: HeldShard): void {
    this.#options.agenda.after(ms, () => this.ring([shard]));
  }
}

function nameOf({ number }: HeldShard): string {
  return `shard ${number}`;
}

/** Streams as one uses them without Muster: XADD in pipelines, XREADGROUP and XACK by batches. */

import type { Redis } from "ioredis";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { BATCH, identityOf } from "../store.ts";

const GROUP = "workers";

export interface RawStreamsOptions {
  readonly redis: Redis;
  readonly size: number;
  readonly sessions: number;
  /** How many recipients one entry names: those of a page that one session serves, or 1. */
  readonly each: "frame" | "recipient";
}

/** A stream and a group for each session. Nothing is looked up, checked, deduplicated or noted; whoever reads has it. */
export class RawStreams {
  readonly #options: RawStreamsOptions;
  /** By page: for each entry its stream, and who it is for. */
  readonly #pages: readonly (readonly (readonly [stream: string, recipients: readonly string[]])[])[];

  constructor(options: RawStreamsOptions) {
    const { size } = options;
    this.#options = options;
    const starts = Array.from({ length: Math.ceil(size / BATCH) }, (_, page) => page * BATCH);
    this.#pages = starts.map((start) => this.#entriesOf(start, Math.min(start + BATCH, size)));
  }

  get enqueuing(): Contender {
    const name = `XADD of a ${this.#options.each}`;
    return { name, prepare: () => this.#empty(), run: () => this.#enqueue() };
  }

  get draining(): Contender {
    const name = `XREADGROUP and XACK of a ${this.#options.each}`;
    return { name, prepare: () => this.#fill(), run: () => this.#drain() };
  }

  #entriesOf(start: number, end: number): readonly (readonly [string, readonly string[]])[] {
    const { sessions, each } = this.#options;
    const frames = new Map<string, string[]>();
    const entries: (readonly [string, readonly string[]])[] = [];
    for (let index = start; index < end; index += 1) {
      const stream = this.#streamOf(index % sessions);
      const frame = frames.get(stream) ?? [];
      frame.push(identityOf(index));
      if (each === "recipient") entries.push([stream, [identityOf(index)]]);
      frames.set(stream, frame);
    }
    return each === "recipient" ? entries : [...frames];
  }

  #streamOf(session: number): string {
    return `raw:${this.#options.each}:${session}`;
  }

  async #empty(): Promise<void> {
    const { redis, sessions } = this.#options;
    for (let session = 0; session < sessions; session += 1) {
      await redis.unlink(this.#streamOf(session));
      await redis.xgroup("CREATE", this.#streamOf(session), GROUP, "0", "MKSTREAM");
    }
  }

  async #fill(): Promise<void> {
    await this.#empty();
    await this.#enqueue();
  }

  /** A page at a time, as pages come from a registry. */
  async #enqueue(): Promise<number> {
    for (const page of this.#pages) {
      const pipeline = this.#options.redis.pipeline();
      for (const [stream, recipients] of page)
        pipeline.xadd(
          stream,
          "*",
          "payload",
          PAYLOAD,
          "epochs",
          recipients.map(() => 1).join(" "),
          "to",
          recipients.join(" "),
        );
      const failed = (await pipeline.exec())?.find(([error]) => error !== null);
      if (failed !== undefined) throw new Disagreement(`XADD: ${String(failed[0])}`);
    }
    return this.#options.size;
  }

  async #drain(): Promise<number> {
    const { redis, sessions } = this.#options;
    let drained = 0;
    for (let session = 0; session < sessions; session += 1) {
      const stream = this.#streamOf(session);
      for (;;) {
        const reply = await redis.xreadgroup("GROUP", GROUP, "worker", "COUNT", BATCH, "STREAMS", stream, ">");
        const [[, entries] = ["", []]] = (reply ?? []) as readonly [string, readonly [string, readonly string[]][]][];
        if (entries.length === 0) break;
        await redis.xack(stream, GROUP, ...entries.map(([id]) => id));
        for (const [, fields] of entries) drained += fields[5]?.split(" ").length ?? 0;
      }
    }
    return drained;
  }
}

/** Writes to `pos` whose writer learns what they were worth, by reading them back. */

import { type Call, MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";
import { encodeRecord, keyOf, type PositionRecord } from "./position-records.ts";
import { roundsOf } from "./rounds.ts";
import type { Entry, Wire } from "./wire.ts";

/** Of one request, for one shard. */
const MAX_BYTES = 700_000;

/** Whether it counts; or why it may not stand there. */
export type Verdict = boolean | Error;

export interface Post {
  readonly shard: number;
  readonly record: PositionRecord;
  /** Keys that are over with it. */
  readonly over?: readonly string[];
}

interface Pending {
  readonly shard: number;
  readonly resolve: (verdict: Verdict) => void;
}

export class Ledger {
  readonly #wire: Wire;
  readonly #seal: string;
  /** How long what stands in the log may take to be read back. */
  readonly #patienceMs: number;
  readonly #pending = new Map<string, Pending>();
  #tickets = 0;

  /** @param seal is no other process'. */
  constructor(wire: Wire, { seal, patienceMs }: { readonly seal: string; readonly patienceMs: number }) {
    this.#wire = wire;
    this.#patienceMs = patienceMs;
    this.#seal = seal;
  }

  /** In the order given, for each shard; each by itself. */
  async write(posts: readonly Post[], call: Call, operation: string): Promise<readonly Verdict[]> {
    const written = posts.map((post) => {
      this.#tickets += 1;
      const ticket = `${this.#seal}.${this.#tickets}`;
      const verdict = new Promise<Verdict>((resolve) => {
        this.#pending.set(ticket, { shard: post.shard, resolve });
      });
      return { shard: post.shard, entries: entriesOf(post, ticket), ticket, verdict };
    });
    type Written = (typeof written)[number];
    const of = { shard: ({ shard }: Written) => shard, bytes: (one: Written) => bytesOf(one.entries) };
    for (const batch of roundsOf(written, of, MAX_BYTES)) {
      const entries = new Map([...batch].map(([shard, some]) => [shard, some.flatMap((one) => one.entries)]));
      const results = await this.#send(entries, call, operation);
      for (const [shard, some] of batch) {
        const result = results.get(shard);
        if (typeof result === "number") continue; // It is read back.
        for (const { ticket } of some) this.#resolve(ticket, result ?? gone(operation));
      }
    }
    const late = setTimeout(() => {
      for (const { ticket } of written) this.#resolve(ticket, gone(operation));
    }, this.#patienceMs).unref();
    const verdicts = await Promise.all(written.map(({ verdict }) => verdict));
    clearTimeout(late);
    return verdicts;
  }

  /** The record of that ticket has been read back. */
  told(ticket: string, counts: boolean): void {
    this.#resolve(ticket, counts);
  }

  /** What was written to the shard is not read back: by default, for it is gone with its topic. */
  lost(shard: number, why: MusterError = gone("write")): void {
    for (const [ticket, pending] of [...this.#pending]) if (pending.shard === shard) this.#resolve(ticket, why);
  }

  /** Nothing is read back any more. */
  close(): void {
    for (const ticket of [...this.#pending.keys()]) this.#resolve(ticket, gone("close"));
  }

  async #send(
    entries: ReadonlyMap<number, readonly Entry[]>,
    call: Call,
    operation: string,
  ): Promise<ReadonlyMap<number, number | Error>> {
    try {
      return await this.#wire.produce("pos", entries, call, operation);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      return new Map([...entries.keys()].map((shard) => [shard, failure]));
    }
  }

  #resolve(ticket: string, verdict: Verdict): void {
    this.#pending.get(ticket)?.resolve(verdict);
    this.#pending.delete(ticket);
  }
}

function entriesOf({ record, over = [] }: Post, ticket: string): readonly Entry[] {
  const entry: Entry = { key: keyOf(record), value: encodeRecord(record, ticket) };
  return [entry, ...over.map((key): Entry => ({ key, value: null }))];
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, one) => sum + 3 * ((one.key?.length ?? 0) + (one.value?.length ?? 0)) + 32, 0);
}

function gone(operation: string): MusterError {
  const message = "it could not be written";
  return new MusterError({ code: "UNAVAILABLE", source: `${NAME}.${operation}`, message, mayHaveApplied: true });
}

/** The way to the three topics of a namespace: what is written, read and asked by partition, and who leads it. */

import { type Call, hasEnded, linkCall, untilEnded } from "@muster/core/slots";
import { type NewRecord, NO_HEADERS } from "../connection/batch-encoding.ts";
import { byLeader } from "../connection/leaders.ts";
import { Link } from "../connection/link.ts";
import type { Line } from "../connection/line.ts";
import { offsetsOf } from "../connection/offsets.ts";
import { type Appended, produce } from "../connection/produce.ts";
import { ensureTopic, type TopicPlan } from "../connection/topics.ts";
import { type FetchAnswer, readFetchAnswer } from "../connection/fetch-answer.ts";
import { ANSWERS, BrokerAnswer, codedError, mayHaveApplied, NAME } from "../errors.ts";
import type { ServerSettings } from "../options.ts";
import { type Stretch, stretchOf, type Use, USES, type Want } from "./stretches.ts";

/** A line, and who leads which partition as it was told there. */
export interface Layout {
  readonly line: Line;
  readonly leaders: Readonly<Record<Use, readonly number[]>>;
}

/** What is to stand in the log. `null`: what stands under the key is over. */
export interface Entry {
  readonly key: string | null;
  readonly value: Buffer | string | null;
}

export interface WireOptions {
  readonly settings: ServerSettings;
  readonly plans: Readonly<Record<Use, TopicPlan>>;
  /** Topics that were not there have been made. */
  onMade(uses: readonly Use[]): void;
}

/** How long those who share a look at the topics wait for it. */
const PATIENCE_MS = 10_000;
const READ_UNCOMMITTED = 0;
const MAX_BYTES = 8 * 1_048_576;
const MAX_PARTITION_BYTES = 1_048_576;

export class Wire {
  readonly #options: WireOptions;
  readonly #link: Link;
  readonly #closing = new AbortController();
  #layout: Promise<Layout> | undefined;
  /** The same where it is known: nobody has to wait for it, or to listen for the end of who does. */
  #current: Layout | undefined;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#link = new Link(options.settings);
  }

  topic(use: Use): string {
    return this.#options.plans[use].topic;
  }

  /** The topics are made where they are not there. @throws BrokerAnswer, errors of kafkajs; TIMEOUT, ABORTED */
  async layout(call: Call): Promise<Layout> {
    if (this.#current !== undefined) return this.#current;
    this.#layout ??= this.#describe();
    return untilEnded(this.#layout, call, `${NAME}.layout`);
  }

  /** Somebody else leads now, or a topic is gone. */
  forget(layout: Layout): void {
    if (this.#current === layout) this.#current = undefined;
    const current = this.#layout;
    current?.then((one) => {
      if (one === layout && this.#layout === current) this.#layout = undefined;
    }, nothing);
  }

  /** Its connection has broken. */
  abandon(layout: Layout): void {
    this.forget(layout);
    this.#link.abandon(layout.line);
  }

  /**
   * By partition: the offset of its first record there; or why it stands nowhere, or may stand there all the same.
   *
   * @throws MusterError: nothing has left
   */
  async produce(
    use: Use,
    entries: ReadonlyMap<number, readonly Entry[]>,
    call: Call,
    operation: string,
  ): Promise<ReadonlyMap<number, number | Error>> {
    const results = new Map<number, number | Error>();
    for (const attempt of [1, 2]) {
      const left = new Map([...entries].filter(([shard]) => isAgain(results.get(shard))));
      if (left.size === 0 || hasEnded(call)) break;
      const layout = await this.#laidOut(call, operation);
      const groups = byLeader(left.keys(), layout.leaders[use]);
      const sent = await Promise.all(
        [...groups].map(async ([node, shards]) => this.#send(layout, node, use, pick(left, shards), operation)),
      );
      for (const one of sent) for (const [shard, result] of one) results.set(shard, result);
      if (attempt === 1 && [...results.values()].some(isAgain)) this.forget(layout);
    }
    return results;
  }

  /** What is in the log from there on, of one broker's partitions. @throws BrokerAnswer, errors of kafkajs */
  async fetch(layout: Layout, node: number, wants: readonly Want[], maxWaitMs: number): Promise<readonly Stretch[]> {
    const asking = await layout.line.reach(node);
    const topics = USES.flatMap((use) => {
      const some = wants.filter((want) => want.use === use);
      return some.length === 0
        ? []
        : {
            topic: this.topic(use),
            partitions: some.map(({ shard, offset }) => ({
              partition: shard,
              fetchOffset: String(offset),
              maxBytes: MAX_PARTITION_BYTES,
            })),
          };
    });
    const limits = { maxWaitTime: maxWaitMs, minBytes: 1, maxBytes: MAX_BYTES, isolationLevel: READ_UNCOMMITTED };
    const own = { reading: readFetchAnswer };
    const { errorCode, partitions } = (await asking("Fetch", { ...limits, topics }, own)) as FetchAnswer; // That is what reads it.
    if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
    const asked = new Map(wants.map((want) => [`${this.topic(want.use)}/${want.shard}`, want]));
    const stretches = partitions.flatMap((one) => {
      const want = asked.get(`${one.topic}/${one.partition}`);
      return want === undefined ? [] : stretchOf(want, one);
    });
    if (stretches.some(({ next, from }) => next > from)) return stretches;
    // Compaction has left nothing between these places and the ends: there was room for it in the answer.
    return stretches.map((one) => (one.failure === undefined ? { ...one, next: Math.max(one.next, one.end) } : one));
  }

  /** Where the logs of these shards end; or the first offset of so late a time. @throws MusterError */
  async offsets(
    use: Use,
    shards: Iterable<number>,
    at: "end" | "start" | number,
    call: Call,
    operation: string,
  ): Promise<ReadonlyMap<number, number>> {
    const layout = await this.#laidOut(call, operation);
    try {
      return await offsetsOf(layout.line, this.topic(use), { at, partitions: shards, leaders: layout.leaders[use] });
    } catch (error) {
      this.broken(layout, error);
      throw codedError(error, { operation });
    }
  }

  /** @throws MusterError */
  async #laidOut(call: Call, operation: string): Promise<Layout> {
    try {
      return await this.layout(call);
    } catch (error) {
      throw codedError(error, { operation });
    }
  }

  close(): void {
    this.#closing.abort();
    this.#link.close();
    this.#layout = undefined;
    this.#current = undefined;
  }

  async #describe(): Promise<Layout> {
    using call = linkCall({ signal: this.#closing.signal, timeoutMs: PATIENCE_MS }, PATIENCE_MS, `${NAME}.layout`);
    let line: Line | undefined;
    try {
      line = await this.#link.line(call, "layout");
      const made: Use[] = [];
      const leaders: Record<Use, readonly number[]> = { q: [], pos: [], dead: [] };
      const dialled = line;
      await Promise.all(
        USES.map(async (use) => {
          const view = await ensureTopic(dialled, this.#options.plans[use], call);
          leaders[use] = view.leaders;
          if (view.isNew) made.push(use);
        }),
      );
      if (made.length > 0) this.#options.onMade(made);
      this.#current = { line, leaders };
      return this.#current;
    } catch (error) {
      this.#layout = undefined;
      if (line !== undefined && !(error instanceof BrokerAnswer)) this.#link.abandon(line);
      throw error;
    }
  }

  async #send(
    layout: Layout,
    node: number,
    use: Use,
    entries: ReadonlyMap<number, readonly Entry[]>,
    operation: string,
  ): Promise<ReadonlyMap<number, number | Error>> {
    let hasLeft = false;
    try {
      if (node < 0) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
      const asking = await layout.line.reach(node);
      hasLeft = true;
      const batches = [...entries].map(([partition, some]) => ({ partition, records: some.map(recordOf) }));
      const appended = await produce(asking, this.topic(use), batches, this.#options.settings);
      return new Map(appended.map((one) => [one.partition, outcomeOf(one, operation)]));
    } catch (error) {
      this.broken(layout, error);
      const failure = codedError(error, { operation, mayHaveApplied: hasLeft });
      return new Map([...entries.keys()].map((shard) => [shard, failure]));
    }
  }

  /** The broker has said that it is not right, or says nothing any more. */
  broken(layout: Layout, error: unknown): void {
    if (error instanceof BrokerAnswer) this.forget(layout);
    else this.abandon(layout);
  }
}

function pick<V>(all: ReadonlyMap<number, V>, keys: readonly number[]): ReadonlyMap<number, V> {
  return new Map(
    keys.flatMap((key) => {
      const value = all.get(key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

function recordOf({ key, value }: Entry): NewRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: typeof value === "string" ? Buffer.from(value) : value,
    headers: NO_HEADERS,
  };
}

/** Not sent yet, or certainly not taken, for somebody else leads. */
function isAgain(result: number | Error | undefined): boolean {
  if (result === undefined) return true;
  if (typeof result === "number") return false;
  const code = result.cause instanceof BrokerAnswer ? result.cause.code : ANSWERS.none;
  return [ANSWERS.unknownTopic, ANSWERS.leaderNotAvailable, ANSWERS.notLeader].some((one) => one === code);
}

function outcomeOf({ errorCode, baseOffset }: Appended, operation: string): number | Error {
  if (errorCode === ANSWERS.none) return Number(baseOffset);
  return codedError(new BrokerAnswer(errorCode), { operation, mayHaveApplied: mayHaveApplied(errorCode) });
}

function nothing(): void {
  // Told to whoever asked.
}

/** How the slot's methods reach the queues of its namespace. */

import {
  type BatchFailure,
  type Call,
  DEFAULT_DURABILITY_SCOPE,
  type DurabilityScope,
  Lifecycle,
  MusterError,
  type Scope,
} from "@muster/core/slots";
import type { SqliteCall, SqliteClient } from "../client.ts";
import { NAME } from "../errors.ts";
import type { ArgsOf, ResultOf } from "../store/operation.ts";
import type { Operations } from "../store/operations.ts";
import { failuresOf, type Refusal } from "./failures.ts";
import type { Space } from "./space.ts";
import type { Page } from "./tracking.ts";

/** What an operation takes beside the namespace. */
type Rest<Name extends keyof Operations> = Omit<ArgsOf<Operations[Name]>, keyof Space>;

export class Access {
  readonly client: SqliteClient;
  readonly #life = new Lifecycle(NAME);
  #space: Space | undefined;

  constructor(client: SqliteClient) {
    this.client = client;
  }

  async open({ namespace, durability = DEFAULT_DURABILITY_SCOPE }: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      await this.client.open(opening);
      try {
        const space = await this.client.run("openSpace", namespace, { ...opening, operation: "open" });
        this.#space = { space, ...inWholeMs(durability) };
      } catch (error) {
        await this.client.close();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#life.close(async () => this.client.close());
  }

  /** `work` may wait for others: nobody waits for it any more when the call ends or the slot is closed. */
  async runAtLength<T>(
    operation: string,
    call: Call,
    work: (space: Space, call: SqliteCall) => Promise<T>,
  ): Promise<T> {
    return this.#life.run(operation, call, async () => this.run(operation, call, work));
  }

  /** `work` rejects when the call ends or the slot is closed. */
  async run<T>(operation: string, call: Call, work: (space: Space, call: SqliteCall) => Promise<T>): Promise<T> {
    this.#life.check(operation, call);
    const space = this.#space;
    if (space === undefined) throw new MusterError({ code: "CLOSED", source: NAME, message: "it is not open yet" });
    return work(space, { signal: call.signal, operation });
  }

  /** `prepare` checks what is asked for, and gives what is sent. */
  async ask<Name extends keyof Operations>(
    name: Name,
    operation: string,
    call: Call,
    prepare: () => Rest<Name>,
  ): Promise<ResultOf<Operations[Name]>> {
    return this.run(operation, call, async (space, sent) => {
      const args = { ...prepare(), ...space } as ArgsOf<Operations[Name]>; // Every operation of the queues takes the two.
      return this.client.run(name, args, sent);
    });
  }

  /** Asks for a batch, and tells what nothing was done about. */
  async askFor<Name extends RefusingName, Entry>(
    name: Name,
    entries: readonly Entry[],
    subjectOf: (entry: Entry) => string,
    call: Call,
    prepare: () => Rest<Name>,
  ): Promise<readonly BatchFailure[]> {
    const refusals: readonly Refusal[] = await this.ask(name, name, call, prepare);
    return failuresOf(refusals, entries, subjectOf, name);
  }

  async *pages<T>(
    operation: string,
    call: Call,
    read: (space: Space, last: T | undefined, call: SqliteCall) => Promise<Page<T>>,
  ): AsyncGenerator<readonly T[], void, undefined> {
    for (let last: T | undefined; ; ) {
      const { items, isLast } = await this.run(operation, call, async (space, sent) => read(space, last, sent));
      if (items.length > 0) yield items;
      if (isLast) return;
      last = items.at(-1);
    }
  }
}

type RefusingName = {
  [Name in keyof Operations]: ResultOf<Operations[Name]> extends readonly Refusal[] ? Name : never;
}[keyof Operations];

function inWholeMs({ trackingRetentionMs, deadLetterRetentionMs, maxQueued }: DurabilityScope): Omit<Space, "space"> {
  return {
    trackingRetentionMs: Math.ceil(trackingRetentionMs),
    deadLetterRetentionMs: Math.ceil(deadLetterRetentionMs),
    maxQueued,
  };
}

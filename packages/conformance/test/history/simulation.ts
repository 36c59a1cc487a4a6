/** A broker that keeps every promise, and the history it leaves: per-address order, nothing lost, nothing twice. */

import type { Random } from "@muster/filter/corpus";
import type { HistoryEvent, PublishEvent } from "../../src/history/events.ts";

const ADDRESSES = ["a", "a.b", "b"] as const;
const PUBLISHERS = ["ann", "bob", "cyn"] as const;
const INBOXES = ["north", "south", "west"] as const;

interface Batch {
  readonly messages: readonly PublishEvent[];
  isRouted: boolean;
}

/** The events of one run; the same numbers give the same run. */
export function goodHistory(random: Random, steps = 120): readonly HistoryEvent[] {
  const run = new Run(random);
  for (let step = 0; step < steps; step += 1) run.step();
  run.finish();
  return run.events;
}

class Run {
  readonly events: HistoryEvent[] = [];
  readonly #random: Random;
  readonly #listening = new Map<string, "adding" | "live" | "removing">();
  readonly #queues = new Map<string, PublishEvent[]>(INBOXES.map((inbox) => [inbox, []]));
  readonly #open: Batch[] = [];
  #batches = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  step(): void {
    const dice = this.#random();
    if (dice < 0.25) this.#publish();
    else if (dice < 0.4) this.#route();
    else if (dice < 0.55) this.#answer();
    else if (dice < 0.7) this.#listen();
    else this.#deliver(this.#pick(INBOXES));
  }

  finish(): void {
    while (this.#open.length > 0) {
      this.#route();
      this.#answer();
    }
    for (const inbox of INBOXES) while (this.#deliver(inbox)) continue;
  }

  #publish(): void {
    this.#batches += 1;
    const batch = `batch-${this.#batches}`;
    const publisher = this.#pick(PUBLISHERS);
    const messages = Array.from({ length: 1 + this.#below(4) }, (_, index): PublishEvent => {
      return { kind: "publish", publisher, batch, message: `${batch}/${index}`, address: this.#pick(ADDRESSES) };
    });
    this.events.push(...messages);
    this.#open.push({ messages, isRouted: false });
  }

  /** The broker takes a batch, at one moment for everyone; a publisher's batches in the order they came. */
  #route(): void {
    const waiting = this.#open.filter(({ isRouted }) => !isRouted);
    const batch = waiting[this.#below(waiting.length)];
    if (batch === undefined) return;
    const [first] = waiting.filter(({ messages }) => messages[0]?.publisher === batch.messages[0]?.publisher);
    if (first === undefined) return;
    first.isRouted = true;
    for (const message of first.messages) {
      for (const [inbox, queue] of this.#queues) {
        const state = this.#listening.get(`${inbox} ${message.address}`);
        if (state === "live" || (state !== undefined && this.#random() < 0.5)) queue.push(message);
      }
    }
  }

  #answer(): void {
    const at = this.#open.findIndex(({ isRouted }) => isRouted);
    for (const batch of at < 0 ? [] : this.#open.splice(at, 1)) {
      for (const { message } of batch.messages) this.events.push({ kind: "answer", message, outcome: "accepted" });
    }
  }

  #listen(): void {
    const [inbox, address] = [this.#pick(INBOXES), this.#pick(ADDRESSES)];
    if (inbox === "west" && address !== "a") return;
    const key = `${inbox} ${address}`;
    const state = this.#listening.get(key);
    if (state === "live" && this.#random() < 0.7) return;
    const next = state === undefined ? "adding" : state === "adding" ? "live" : state === "live" ? "removing" : "gone";
    if (next === "gone") this.#listening.delete(key);
    else this.#listening.set(key, next);
    this.events.push({ kind: "listen", inbox, address, state: next });
  }

  #deliver(inbox: string): boolean {
    const message = this.#queues.get(inbox)?.shift();
    if (message === undefined) return false;
    this.events.push({ kind: "receive", inbox, message: message.message, address: message.address });
    return true;
  }

  #pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.#below(choices.length)] ?? choices[0];
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

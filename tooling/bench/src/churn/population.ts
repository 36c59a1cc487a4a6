/** Identities that come and go, as one process serves them in many fleets. */

import type { Message } from "@muster/core";
import { type CellFleet, celled } from "../cells.ts";
import { Histogram } from "../histogram.ts";
import { applyPaced, type Pace, type PacedResult } from "../paced-load.ts";
import { identityOf } from "../store.ts";
import { type Account, CELLS, type ChurnPlan, type Churned, type Churners, type Sent, type Told } from "./plan.ts";

type Numbers = Pick<ChurnPlan, "share" | "firstNew">;

/** Registers in flight at once. */
const WAVE = 10_000;
/** Who has left so long after a multicast was reported should have had its message, on a machine that is overrun as well. */
const ARRIVED_MS = 30_000;

/** Times are in epoch ms. */
interface Life {
  readonly index: number;
  readonly cell: number;
  /** When `register` had returned. */
  joinedAt: number;
  leftAt: number;
  /** Numbers of the multicasts it has received. */
  received: number[];
  leave: (() => Promise<unknown>) | undefined;
}

export class Population implements Churners {
  readonly #fleets: readonly CellFleet[];
  readonly #numbers: Numbers;
  readonly #lives: Life[] = [];
  /** Of the next who leaves. */
  #oldest = 0;
  #next: number;
  #received = 0;
  #strays = 0;
  #latencies = new Histogram();

  constructor(fleets: readonly CellFleet[], numbers: Numbers) {
    this.#fleets = fleets;
    this.#numbers = numbers;
    this.#next = numbers.firstNew;
  }

  async fill(): Promise<void> {
    const { from, to } = this.#numbers.share;
    for (let start = from; start < to; start += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, to - start) }, (_, offset) => this.#join(start + offset));
      await Promise.all(wave);
    }
    // As they were stored those of one fleet stand together, and would all leave at once.
    this.#lives.sort((one, other) => rankOf(one.index) - rankOf(other.index));
  }

  async churn(pace: Pace): Promise<Churned> {
    // What was received before this is of another load.
    this.#latencies = new Histogram();
    const [registers, unregisters] = await Promise.all([
      applyPaced(pace, () => this.#join(this.#next++)),
      applyPaced(pace, () => this.#leave()),
    ]);
    return { registers: toldOf(registers), unregisters: toldOf(unregisters) };
  }

  received(): Promise<number> {
    return Promise.resolve(this.#received);
  }

  account(sent: readonly Sent[]): Promise<Account> {
    const byCell = Array.from({ length: CELLS }, (_, cell) => sent.filter((one) => one.cell === cell));
    let [due, missing, wrong] = [0, 0, this.#strays];
    for (const life of this.#lives) {
      wrong += life.received.length - new Set(life.received).size;
      for (const { number, from, to } of byCell[life.cell] ?? []) {
        if (life.joinedAt >= from || life.leftAt <= to + ARRIVED_MS) continue;
        due += 1;
        if (!life.received.includes(number)) missing += 1;
      }
    }
    return Promise.resolve({ due, missing, wrong, latencies: this.#latencies.counts });
  }

  spent(): Promise<{ readonly cpuMs: number; readonly memoryBytes: number }> {
    const { user, system } = process.cpuUsage();
    return Promise.resolve({ cpuMs: (user + system) / 1_000, memoryBytes: process.memoryUsage.rss() });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#fleets.map((fleet) => fleet.close({ leave: "offline" })));
  }

  async #join(index: number): Promise<void> {
    // Those of one cell are all over the fleets.
    const fleet = this.#fleets[Math.floor(index / CELLS) % this.#fleets.length];
    const never = Number.POSITIVE_INFINITY;
    const life: Life = { index, cell: index % CELLS, joinedAt: never, leftAt: never, received: [], leave: undefined };
    const onMessage = (message: Message): void => this.#take(life, message);
    const handle = await fleet?.register(identityOf(index), celled(index, CELLS), { onMessage });
    life.joinedAt = Date.now();
    life.leave = () => handle?.unregister() ?? Promise.resolve();
    this.#lives.push(life);
  }

  async #leave(): Promise<void> {
    const life = this.#lives[this.#oldest];
    if (life === undefined) return;
    this.#oldest += 1;
    life.leftAt = Date.now();
    await life.leave?.();
    life.leave = undefined;
  }

  #take(life: Life, message: Message): void {
    const [number, cell, dueAt] = message.text().split(" ").map(Number) as [number, number, number];
    this.#received += 1;
    if (cell === life.cell) life.received.push(number);
    else this.#strays += 1;
    this.#latencies.record(Date.now() - dueAt);
  }
}

/** A well-spread number for each. */
function rankOf(index: number): number {
  return Math.imul(index + 1, 0x9e3779b1) >>> 0;
}

function toldOf(result: PacedResult): Told {
  return { ...result, latencies: result.latencies.counts };
}

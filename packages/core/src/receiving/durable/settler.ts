/** Tells the store what became of leases: many at a time, in no order, for as long as they last. */

import { codedError } from "../../call.ts";
import type { Agenda } from "../../tasks/agenda.ts";
import { backoffMs } from "../../tasks/retry.ts";
import { type DurabilityBackend, linkCall, type MusterError, type Settlement } from "../../slots/index.ts";
import type { Lease } from "./lease.ts";

const SOURCE = "core.settle";
const MAX_BATCH = 1_000;
const MAX_IN_FLIGHT = 4;

export interface SettlerOptions {
  readonly durability: DurabilityBackend;
  readonly agenda: Agenda;
  readonly timeoutMs: number;
  /** The store knows of these now. Those that failed are not among them. */
  onTold(leases: readonly Lease[]): void;
  /** The store could not be told yet. */
  onDelayed(lease: Lease): void;
  /** Whoever has it by now, it is not this process: its lease was over before the store heard of it. */
  onFailed(lease: Lease): void;
  warn(error: MusterError): void;
}

export class Settler {
  readonly #options: SettlerOptions;
  #waiting: Lease[] = [];
  #inFlight = 0;
  #isScheduled = false;
  /** Until then the store is left alone. */
  #pause: Disposable | undefined;
  #tries = 0;
  readonly #idle = new Set<() => void>();
  readonly #run = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Leaves with all that come in the same turn of the event loop. */
  add(lease: Lease): void {
    this.#waiting.push(lease);
    if (this.#isScheduled || this.#pause !== undefined) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  /** Resolves when nothing waits or is on its way. What waits for the store to come back is tried at once. */
  async idle(): Promise<void> {
    this.resume();
    while (this.#waiting.length > 0 || this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#idle.add(resolve);
      });
  }

  /** The store may be there again. */
  resume(): void {
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
    this.#flush();
  }

  #flush(): void {
    const max = Math.min(MAX_BATCH, this.#options.durability.traits.maxBatch);
    while (this.#pause === undefined && this.#inFlight < MAX_IN_FLIGHT && this.#waiting.length > 0) {
      const batch = this.#waiting.length <= max ? this.#waiting : this.#waiting.slice(0, max);
      this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(max);
      this.#inFlight += 1;
      // It keeps its failures to itself.
      this.#send(batch).then(
        () => this.#sent(),
        () => this.#sent(),
      );
    }
  }

  async #send(batch: readonly Lease[]): Promise<void> {
    const { durability, timeoutMs, onTold, onFailed } = this.#options;
    const open: Lease[] = [];
    const settlements: Settlement[] = [];
    for (const lease of batch) {
      if (lease.settlement === undefined) continue; // The store knows already.
      open.push(lease);
      settlements.push(lease.settlement);
    }
    try {
      using call = linkCall({}, timeoutMs, SOURCE);
      const failures = settlements.length === 0 ? [] : await durability.settleMany(settlements, call);
      this.#tries = 0;
      if (failures.length === 0) {
        onTold(batch);
        return;
      }
      const failed = new Set(failures.map(({ index }) => open[index]));
      const other = failures.find(({ error }) => error.code !== "FENCED");
      if (other !== undefined) this.#options.warn(other.error);
      onTold(batch.filter((lease) => !failed.has(lease)));
      for (const lease of failed) if (lease !== undefined) onFailed(lease);
    } catch (cause) {
      this.#keep(batch, codedError(cause, SOURCE));
    }
  }

  /** For the next try, as long as their leases last. */
  #keep(batch: readonly Lease[], error: MusterError): void {
    const now = performance.now();
    const isOver = error.code === "CLOSED" || (!error.retryable && error.code !== "ABORTED");
    if (this.#tries === 0 && error.code !== "CLOSED") this.#options.warn(error);
    this.#tries += 1;
    for (const lease of batch) {
      if (isOver || now >= lease.endsAt) this.#options.onFailed(lease);
      else {
        this.#options.onDelayed(lease);
        this.#waiting.push(lease);
      }
    }
    this.#pause ??= this.#options.agenda.after(backoffMs(this.#tries), () => this.resume());
  }

  #sent(): void {
    this.#inFlight -= 1;
    this.#flush();
    if (this.#inFlight > 0 || this.#waiting.length > 0) return;
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }
}

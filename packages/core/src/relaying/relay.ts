/** Hands over what has been committed in an outbox, as far as it is this process' share of it. */

import { codedError } from "../call.ts";
import type { Context } from "../context.ts";
import { type Call, linkCall, type MusterError, type OutboxBackend } from "../slots/index.ts";
import type { Agenda } from "../tasks/agenda.ts";
import { backoffMs, pause, retry } from "../tasks/retry.ts";
import { untilAborted } from "../tasks/until-aborted.ts";
import { AcknowledgedCarrier } from "./acknowledged-carrier.ts";
import type { Carrier } from "./carrier.ts";
import { DurableCarrier } from "./durable-carrier.ts";
import { handOver } from "./hand-over.ts";
import type { HeldShard } from "./held-shard.ts";
import { Outages } from "./outages.ts";
import { Rounds } from "./rounds.ts";
import { ShardLeases } from "./shard-leases.ts";

const SOURCE = "core.relay";
const LEASES = "leases";

export interface RelayOptions {
  readonly context: Context;
  readonly outbox: OutboxBackend;
  readonly agenda: Agenda;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #outages: Outages;
  readonly #rounds: Rounds;
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  #leases: ShardLeases | undefined;
  #bell: AsyncDisposable | undefined;
  #poll: Disposable | undefined;
  #running: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    const { agenda, context } = options;
    this.#options = options;
    this.#outages = new Outages((error) => context.warn(error));
    this.#rounds = new Rounds({
      agenda,
      outages: this.#outages,
      stopping: this.#stopping.signal,
      look: this.#looking(options),
      onFenced: (shard) => this.#leases?.lose(shard),
    });
  }

  get state(): "running" | "stopped" {
    return this.#stopping.signal.aborted ? "stopped" : "running";
  }

  /** How many are its to hand over now. */
  get shards(): number {
    return this.#leases?.live.length ?? 0;
  }

  /** When the outbox is open. It warns of its failures, and goes on until it is stopped. */
  start(): void {
    const { outbox, context } = this.#options;
    this.#leases = new ShardLeases(outbox, context.timing.relayLeaseMs);
    this.#running = this.#run(this.#leases);
    this.#pollLater();
  }

  /**
   * Begins nothing more, finishes what is under way, and gives its shards back.
   *
   * @throws TIMEOUT, ABORTED; what `releaseShards` throws. Then its leases end by themselves.
   */
  async stop(call: Call): Promise<void> {
    this.#stopping.abort();
    this.#poll?.[Symbol.dispose]();
    try {
      await untilAborted(Promise.all([this.#running, this.#rounds.settled()]), call, SOURCE);
    } finally {
      this.#aborting.abort();
    }
    await retry(call, SOURCE, async () => await this.#leases?.release(call));
    // Otherwise it ends with the outbox.
    if (this.#bell !== undefined) await untilAborted(Promise.resolve(this.#bell[Symbol.asyncDispose]()), call, SOURCE);
  }

  #looking({ context, outbox }: RelayOptions): (shard: HeldShard) => ReturnType<typeof handOver> {
    const options = {
      outbox,
      carrier: carrierOf(context),
      timeoutMs: context.timing.timeoutMs,
      stopping: this.#stopping.signal,
      aborting: this.#aborting.signal,
      warn: (error: MusterError): void => context.warn(error),
    };
    return (shard) => handOver(shard, options);
  }

  async #run(leases: ShardLeases): Promise<void> {
    const { context } = this.#options;
    const stopping: Call = { signal: this.#stopping.signal };
    while (!stopping.signal.aborted) {
      // What others give back waits no longer than anything else that nobody tells of.
      let pauseMs = Math.min(leases.leaseMs / 3, context.timing.relayPollMs);
      try {
        // Not given up when it stops: what is asked for has to be known, so that all of it is given back.
        this.#rounds.ring(await leases.renew(this.#aborting.signal));
        await this.#listen(leases.leaseMs / 3);
        this.#outages.over(LEASES);
      } catch (cause) {
        if (stopping.signal.aborted) return;
        const tries = this.#outages.failed(LEASES, codedError(cause, SOURCE));
        pauseMs = Math.min(leases.leaseMs / 10, backoffMs(tries));
      }
      await pause(pauseMs, stopping);
    }
  }

  async #listen(timeoutMs: number): Promise<void> {
    const { outbox } = this.#options;
    if (this.#bell !== undefined || outbox.bells === undefined || this.#stopping.signal.aborted) return;
    using call = linkCall({ signal: this.#aborting.signal }, timeoutMs, SOURCE);
    this.#bell = await outbox.bells.listen(() => this.#ring(), call);
    this.#ring();
  }

  #ring(): void {
    this.#rounds.ring(this.#leases?.live ?? []);
  }

  #pollLater(): void {
    const { agenda, context } = this.#options;
    this.#poll = agenda.after(context.timing.relayPollMs * (0.8 + 0.4 * Math.random()), () => {
      this.#ring();
      this.#pollLater();
    });
  }
}

/** The durability slot where there is one; `openRegistry` has seen to it that there is one or the other. */
function carrierOf(context: Context): Carrier {
  const { durability, messaging, node } = context;
  if (durability !== undefined) return new DurableCarrier(context, durability);
  if (messaging !== undefined && node !== undefined) return new AcknowledgedCarrier(context, messaging, node);
  throw new TypeError("a relay needs a slot to hand over to");
}

/** The user's API over one host: each verb in its frame. */

import type { FilterInput } from "@muster/filter";
import { backlog } from "./backlog.ts";
import { invalidArgument, isTimeout, runVerb, settleVerb } from "./call.ts";
import { close } from "./close.ts";
import { count } from "./count.ts";
import type { Assembly } from "./create-host.ts";
import { listDeadLetters, purgeDeadLetters, redriveDeadLetters } from "./dead-letters.ts";
import type { DeadLetters } from "./dead-message.ts";
import { deliveries } from "./deliveries.ts";
import { enumerate } from "./enumerate.ts";
import type {
  DeliveriesOptions,
  EnumerateOptions,
  Fleet,
  Handle,
  MulticastOptions,
  Page,
  Payload,
  RegisteredIdentity,
  RegisterOptions,
  Unregistered,
} from "./fleet.ts";
import type { FleetStatus } from "./fleet-status.ts";
import { get } from "./get.ts";
import type { Host } from "./host.ts";
import { identities } from "./identities.ts";
import { checkIdentity } from "./input/identity.ts";
import { multicast } from "./multicast.ts";
import type { Reaper } from "./life/reaper.ts";
import { register } from "./register.ts";
import { report } from "./report.ts";
import { resend } from "./resend.ts";
import type { CallOptions, MulticastReport, OutboxBacklog, Receipt, TimedCall } from "./slots/index.ts";
import { unregister } from "./unregister.ts";

type Filter<M extends object> = FilterInput<M> | null;
type ResendOptions = Pick<MulticastOptions, "signal" | "timeoutMs" | "onReceipts">;
type CloseOptions = { readonly leave?: "offline"; readonly timeoutMs?: number };

/** A fleet over slots that are open. It owns them from now on. */
export function createFleet<M extends object, Input, Transaction, OutboxTransaction>(
  assembly: Assembly,
  reaper: Reaper,
): Fleet<M, Input, Transaction, OutboxTransaction> {
  return new OpenFleet<M, Input, Transaction, OutboxTransaction>(assembly, reaper);
}

class OpenFleet<M extends object, Input, Transaction, OutboxTransaction>
  implements Fleet<M, Input, Transaction, OutboxTransaction>
{
  readonly #assembly: Assembly;
  readonly #host: Host;
  readonly #reaper: Reaper;
  #closing: Promise<void> | undefined;

  constructor(assembly: Assembly, reaper: Reaper) {
    this.#assembly = assembly;
    this.#host = assembly.host;
    this.#reaper = reaper;
  }

  get namespace(): string {
    return this.#host.namespace;
  }

  register(
    identity: string,
    metadata: Input,
    options: RegisterOptions<Transaction> = {},
  ): Promise<Handle<M, Transaction>> {
    return settleVerb(this.#host.gate, "register", options, (call, settler) =>
      register<M, Transaction>(this.#host, { identity, metadata, options }, call, settler),
    );
  }

  async get(identity: string, options?: CallOptions): Promise<RegisteredIdentity<M> | undefined> {
    const found = await this.#run("get", options, (call) => get(this.#host, identity, call));
    return found as RegisteredIdentity<M> | undefined; // Only metadata of this schema is ever stored.
  }

  async count(filter?: Filter<M>, options?: CallOptions): Promise<number> {
    return await this.#run("count", options, (call) => count(this.#host, filter, call));
  }

  async enumerate(filter?: Filter<M>, options: EnumerateOptions = {}): Promise<Page<M>> {
    const page = await this.#run("enumerate", options, (call) => enumerate(this.#host, filter, options, call));
    return page as Page<M>; // As in `get`.
  }

  identities(
    filter?: Filter<M>,
    options: Pick<EnumerateOptions, "signal" | "includeMetadata" | "projection"> = {},
  ): AsyncIterableIterator<RegisteredIdentity<M>> {
    const all = identities(this.#host, filter, options, (work) => this.#run("identities", options, work));
    return all as AsyncIterableIterator<RegisteredIdentity<M>>; // As in `get`.
  }

  async multicast(
    filter: Filter<M>,
    payload: Payload,
    options: MulticastOptions<OutboxTransaction> = {},
  ): Promise<MulticastReport> {
    return await this.#run("multicast", options, (call) => multicast(this.#host, filter, payload, options, call));
  }

  async report(id: string, options?: CallOptions): Promise<MulticastReport> {
    return await this.#run("report", options, (call) => report(this.#host, id, call));
  }

  deliveries(id: string, options: Omit<DeliveriesOptions, "timeoutMs"> = {}): AsyncIterableIterator<Receipt> {
    return deliveries(this.#host, id, options, (work) => this.#run("deliveries", options, work));
  }

  async resend(id: string, options: ResendOptions = {}): Promise<MulticastReport> {
    return await this.#run("resend", options, (call) => resend(this.#host, id, options, call));
  }

  async backlog(options?: CallOptions): Promise<OutboxBacklog> {
    return await this.#run("backlog", options, (call) => backlog(this.#host, call));
  }

  get deadLetters(): DeadLetters {
    return {
      list: (options = {}) =>
        listDeadLetters(this.#host, options, (work) => this.#run("deadLetters.list", options, work)),
      redrive: (keys, options = {}) =>
        this.#run("deadLetters.redrive", options, (call) => redriveDeadLetters(this.#host, keys, options, call)),
      purge: (keys, options) =>
        this.#run("deadLetters.purge", options, (call) => purgeDeadLetters(this.#host, keys, call)),
    };
  }

  async unregister(identity: string, options?: CallOptions): Promise<Unregistered> {
    return await this.#run("unregister", options, (call) => {
      return unregister(
        this.#host,
        checkIdentity(identity, "core.unregister", this.#host.registry.traits.maxIdentityBytes),
        call,
      );
    });
  }

  status(): FleetStatus {
    return this.#assembly.status();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    const { leave, timeoutMs = this.#host.timing.timeoutMs } = options;
    if (leave !== undefined && leave !== "offline")
      throw invalidArgument("core.close", 'leave must be "offline", or absent');
    if (!isTimeout(timeoutMs)) throw invalidArgument("core.close", "timeoutMs must be a number above 0");
    this.#closing ??= this.#close(leave, timeoutMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(leave: CloseOptions["leave"], timeoutMs: number): Promise<void> {
    const { gate } = this.#host;
    gate.state = "closing";
    this.#assembly.route.stop();
    await close(this.#host, { reaper: this.#reaper, relay: this.#assembly.relay }, { leave, timeoutMs });
    gate.state = "closed";
  }

  #run<T>(verb: string, options: CallOptions | undefined, work: (call: TimedCall) => Promise<T>): Promise<T> {
    return runVerb(this.#host.gate, verb, options, work);
  }
}

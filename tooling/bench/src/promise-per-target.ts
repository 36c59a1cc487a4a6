/**
 * The obvious way to send to everyone, as a baseline: an address for each identity, a publish and a promise for each
 * target, all at once, and the outcome of each at the end. It runs over the same memory slots as Muster.
 */

import { setMaxListeners } from "node:events";
import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import type { Call, Inbox, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { sensors } from "./documents.ts";
import { NODES, PAYLOAD, type Receivers } from "./fleets.ts";
import { BATCH, CALL, storeAll } from "./store.ts";

interface Process {
  readonly messaging: MessagingBackend;
  readonly inbox: Inbox;
  /** Settles when the inbox has been closed. */
  readonly receiving: Promise<void>;
}

export class PromisePerTarget implements AsyncDisposable {
  readonly #registry: RegistryBackend;
  readonly #processes: readonly Process[];
  readonly #receivers: Receivers;

  private constructor(registry: RegistryBackend, processes: readonly Process[], receivers: Receivers) {
    this.#registry = registry;
    this.#processes = processes;
    this.#receivers = receivers;
  }

  /** `size` sensors spread evenly over {@link NODES} inboxes, each with an address and a handler of its own. */
  static async open(size: number, receivers: Receivers): Promise<PromisePerTarget> {
    const hub = memoryHub();
    const scope = { namespace: "bench" };
    const registry = memoryRegistry({ hub });
    await registry.open(scope, CALL);
    await storeAll(registry, sensors(size), (identity) => identity);
    const addresses = await addressesOf(registry);
    const processes: Process[] = [];
    for (let node = 0; node < NODES; node++) {
      const messaging = memoryMessaging({ hub });
      await messaging.open(scope, CALL);
      const inbox = await messaging.openInbox({ prefetch: size }, CALL);
      const served = addresses.filter((_, index) => index % NODES === node);
      await inbox.addMany(served, CALL);
      const receiving = receive(inbox, new Map(served.map((address) => [address, receivers.count])));
      processes.push({ messaging, inbox, receiving });
    }
    return new PromisePerTarget(registry, processes, receivers);
  }

  async multicastToAll(size: number): Promise<string> {
    const everyone = this.#receivers.expect(size);
    const body = new TextEncoder().encode(PAYLOAD);
    const sent: Promise<"delivered" | "failed">[] = [];
    for await (const page of this.#registry.scanRoutes({ pageSize: BATCH }, CALL)) {
      const call = pageCall();
      for (const { address } of page) if (address !== undefined) sent.push(this.#send(address, body, call));
    }
    const statuses = await Promise.all(sent);
    const delivered = statuses.filter((status) => status === "delivered").length;
    if (delivered === size) await everyone;
    return `${delivered} of ${statuses.length} delivered, ${this.#receivers.received} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { messaging, inbox, receiving } of this.#processes) {
      await inbox[Symbol.asyncDispose]();
      await receiving;
      await messaging.close();
    }
    await this.#registry.close();
  }

  async #send(address: string, body: Uint8Array, call: Call): Promise<"delivered" | "failed"> {
    const failures = await this.#processes[0]?.messaging.publishMany([{ address, headers: {}, body }], call);
    return failures?.length === 0 ? "delivered" : "failed";
  }
}

/**
 * One signal for a page of targets was measured to be the fastest: each publish adds a listener, which takes longer the
 * more of them a signal has, and a signal for each target takes longer still.
 */
function pageCall(): Call {
  const { signal } = new AbortController();
  setMaxListeners(BATCH, signal);
  return { signal };
}

async function addressesOf(registry: RegistryBackend): Promise<readonly string[]> {
  const addresses: string[] = [];
  for await (const page of registry.scanRoutes({ pageSize: BATCH }, CALL)) {
    for (const { address } of page) if (address !== undefined) addresses.push(address);
  }
  return addresses;
}

async function receive(inbox: Inbox, handlers: ReadonlyMap<string, () => void>): Promise<void> {
  for await (const page of inbox) for (const { address } of page) handlers.get(address)?.();
}

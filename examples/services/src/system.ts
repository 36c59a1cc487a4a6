/** The whole system in one process: each client has connections of its own, and shares nothing but the servers. */

import { type Fleet, openRegistry } from "@muster/core";
import type { MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { ServiceInstance } from "./instance.ts";
import { type Service, serviceSchema } from "./schema.ts";

/** The slots of one client; every call makes new ones. */
export type MakeSlots = () => { readonly registry: RegistryBackend; readonly messaging: MessagingBackend };

export class System implements AsyncDisposable {
  /** Registers nobody: finds instances, as a gateway does, and configures them. */
  readonly control: Fleet<Service>;
  readonly #connect: () => Promise<Fleet<Service>>;
  readonly #instances = new Map<string, ServiceInstance>();

  private constructor(control: Fleet<Service>, connect: () => Promise<Fleet<Service>>) {
    this.control = control;
    this.#connect = connect;
  }

  static async open(namespace: string, makeSlots: MakeSlots): Promise<System> {
    const timing = { sessionLeaseMs: 2_000 }; // Short: it is soon known who is not there any more.
    const connect = (): Promise<Fleet<Service>> =>
      openRegistry({ namespace, schema: serviceSchema, timing, ...makeSlots() });
    return new System(await connect(), connect);
  }

  /** Resolves when the instance can be found and reached. Again: after it was paused. */
  async start(identity: string, metadata: Service): Promise<void> {
    const instance = new ServiceInstance(await this.#connect());
    this.#instances.set(identity, instance);
    await instance.announce(identity, metadata);
  }

  /** @throws Error unless it was started. */
  instance(identity: string): ServiceInstance {
    const instance = this.#instances.get(identity);
    if (instance === undefined) throw new Error(`there is no ${identity}`);
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const instance of this.#instances.values()) await instance.stop();
    await this.control.close();
  }
}

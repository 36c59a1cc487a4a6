/** One instance of a service: announces itself, reports its health, and applies the configuration it is sent. */

import type { Fleet, Handle, Message } from "@muster/core";
import type { Service } from "./schema.ts";

/** What is broadcast. */
export interface Configuration {
  readonly config_version: number;
  readonly feature_flags: readonly string[];
}

export class ServiceInstance {
  readonly #fleet: Fleet<Service>;
  #handle: Handle<Service> | undefined;
  #flags: readonly string[] = [];

  constructor(fleet: Fleet<Service>) {
    this.#fleet = fleet;
  }

  /** What it runs with now. */
  get flags(): readonly string[] {
    return this.#flags;
  }

  async announce(identity: string, metadata: Service): Promise<void> {
    const onMessage = (message: Message): Promise<void> => this.#configure(message.json() as Configuration); // Nothing else is sent.
    this.#handle = await this.#fleet.register(identity, metadata, { onMessage });
  }

  async report(vitals: Partial<Pick<Service, "health_status" | "load">>): Promise<void> {
    await this.#handle?.update(vitals);
  }

  /** For a restart: it stays registered, and is offline until it is there again or its TTL has run out. */
  async pause(): Promise<void> {
    await this.#fleet.close({ leave: "offline" });
  }

  /** For good: it is gone at once. */
  async stop(): Promise<void> {
    await this.#fleet.close();
  }

  /** Applies it, and says so where everyone can see it. */
  async #configure({ config_version, feature_flags }: Configuration): Promise<void> {
    this.#flags = feature_flags;
    await this.#handle?.update({ config_version });
  }
}

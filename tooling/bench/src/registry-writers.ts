/** Two ways to write the same documents into a registry, as contenders; taking them out again is not timed. */

import { type Fleet, type Handle, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import type { Sensor } from "./documents.ts";
import { PATIENT } from "./fleets.ts";
import type { Contender } from "./rounds.ts";
import { CALL, entryOf, identityOf } from "./store.ts";

export const TTL_MS: number = PATIENT.ttlMs;

/** Which documents, how many are on their way at once, and where they go. */
export interface Writes {
  readonly documents: readonly Sensor[];
  readonly atOnce: number;
  registry(): RegistryBackend;
  /** Takes all out at once, but for sessions, so that whoever is open stays so. Default: each is deleted. */
  empty?(): void | Promise<void>;
}

/** `setMany` of the registry slot, without core. */
export class SlotWrites implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #writes: Writes;
  readonly #registry: RegistryBackend;

  private constructor(name: string, writes: Writes, registry: RegistryBackend) {
    this.name = name;
    this.#writes = writes;
    this.#registry = registry;
  }

  static async open(name: string, writes: Writes): Promise<SlotWrites> {
    const registry = writes.registry();
    await registry.open({ namespace: `slot-${writes.atOnce}` }, CALL);
    return new SlotWrites(name, writes, registry);
  }

  async prepare(): Promise<void> {
    if (this.#writes.empty !== undefined) return this.#writes.empty();
    await inWaves({ ...this.#writes, atOnce: this.#writes.documents.length }, async (wave) => {
      const keys = wave.map(({ identity, document }) => ({ identity, attempt: entryOf(identity, document).attempt }));
      return (await this.#registry.deleteMany(keys, CALL)).length;
    });
  }

  async run(): Promise<number> {
    return await inWaves(this.#writes, async (wave) => {
      const entries = wave.map(({ identity, document }) => ({ ...entryOf(identity, document), ttlMs: TTL_MS }));
      const outcomes = await this.#registry.setMany(entries, CALL);
      return outcomes.filter((outcome) => "stored" in outcome).length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.close();
  }
}

/** `fleet.register`, as users call it, in a process that has been at it for a while. */
export class FleetRegisters implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #writes: Writes;
  readonly #fleet: Fleet;
  #handles: Handle[] = [];

  private constructor(name: string, writes: Writes, fleet: Fleet) {
    this.name = name;
    this.#writes = writes;
    this.#fleet = fleet;
  }

  static async open(name: string, writes: Writes): Promise<FleetRegisters> {
    const registry = writes.registry();
    const fleet = await openRegistry({ namespace: `fleet-${writes.atOnce}`, registry, timing: PATIENT });
    return new FleetRegisters(name, writes, fleet);
  }

  async prepare(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.unregister()));
    this.#handles = [];
    await this.#writes.empty?.();
  }

  async run(): Promise<number> {
    return await inWaves(this.#writes, async (wave) => {
      const registering = wave.map(({ identity, document }) => this.#fleet.register(identity, document));
      const handles = await Promise.all(registering);
      for (const handle of handles) this.#handles.push(handle);
      return handles.length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }
}

export interface Named {
  readonly identity: string;
  readonly document: Sensor;
}

/** Waves one after the other; how many were written. */
export async function inWaves(
  { documents, atOnce }: Pick<Writes, "documents" | "atOnce">,
  write: (wave: readonly Named[]) => Promise<number>,
): Promise<number> {
  let written = 0;
  for (let start = 0; start < documents.length; start += atOnce) {
    const wave = documents.slice(start, start + atOnce);
    written += await write(wave.map((document, offset) => ({ identity: identityOf(start + offset), document })));
  }
  return written;
}

/** Seeded work on a registry, by processes that may die over it, with a record of what each was told. */

import { randomUUID } from "node:crypto";
import { isMusterError, type Registration, type RegistryBackend, type SetOutcome } from "@muster/core/slots";
import type { RegistryContext } from "../../case.ts";
import type { Deed, Told } from "../../history/deeds.ts";
import { entry, LONG_MS } from "../support.ts";

export const KINDS = ["north", "south", "west"] as const;
const IDENTITIES = ["a", "a.b", "b", "*", "e f", "\u{1f600}", "g", "h"] as const;
/** A session that lives throughout. */
export const SESSION = "steady";

export class DeedRecording {
  readonly deeds: Deed[] = [];
  readonly #ctx: RegistryContext;
  #now = 0;

  constructor(ctx: RegistryContext) {
    this.#ctx = ctx;
  }

  /** Something to somebody, whatever comes to mind. Never settles when the process dies over it. */
  async act(client: RegistryBackend): Promise<void> {
    const dice = this.#ctx.random();
    if (dice < 0.35) return this.#register(client);
    const found = await this.#read(client, this.#somebody());
    if (found === undefined) return this.#register(client);
    if (dice < 0.7) return this.#update(client, found);
    return dice < 0.85 ? this.#renew(client, found) : this.#unregister(client, found);
  }

  async #read(client: RegistryBackend, identity: string): Promise<Registration | undefined> {
    const deed = this.#begin({ identity, kind: "read", attempt: randomUUID() });
    const [found] = await client.getMany([identity], this.#ctx.call);
    const isCurrent = client.traits.consistency === "linearizable";
    if (found && isCurrent)
      await this.#tell([deed], async () => [{ as: "found", epoch: found.epoch, revision: found.revision }]);
    return found;
  }

  async #register(client: RegistryBackend): Promise<void> {
    const identities = new Set(Array.from({ length: 1 + Math.floor(this.#ctx.random() * 3) }, () => this.#somebody()));
    const mode = this.#ctx.random() < 0.5 ? "create" : "replace";
    const entries = [...identities].map((identity) => entry(identity, { ...this.#content(), mode }));
    const deeds = entries.map(({ identity, attempt, metadata }) =>
      this.#begin({ identity, kind: "register", attempt, metadata }),
    );
    await this.#tell(deeds, async () => (await client.setMany(entries, this.#ctx.call)).map(storedAs));
  }

  async #update(client: RegistryBackend, { identity, epoch, revision }: Registration): Promise<void> {
    const one = entry(identity, { ...this.#content(), mode: { epoch, revision } });
    const { attempt, metadata } = one;
    const deed = this.#begin({ identity, kind: "update", epoch, attempt, metadata });
    await this.#tell([deed], async () => (await client.setMany([one], this.#ctx.call)).map(storedAs));
  }

  async #renew(client: RegistryBackend, { identity, epoch }: Registration): Promise<void> {
    const deed = this.#begin({ identity, kind: "renew", epoch, attempt: randomUUID() });
    await this.#tell([deed], async () => {
      const [outcome] = await client.renewMany([{ identity, epoch }], this.#ctx.call);
      return [typeof outcome === "number" ? { as: "renewed", expiresAt: outcome } : { as: "refused" }];
    });
  }

  async #unregister(client: RegistryBackend, { identity, epoch }: Registration): Promise<void> {
    const deed = this.#begin({ identity, kind: "unregister", epoch, attempt: randomUUID() });
    await this.#tell([deed], async () => {
      const [outcome] = await client.deleteMany([{ identity, epoch }], this.#ctx.call);
      return [{ as: outcome === "deleted" ? "deleted" : "refused" }];
    });
  }

  #begin(about: Omit<Deed, "begunAt" | "toldAt" | "told">): Deed {
    this.#now += 1;
    const deed: Deed = { ...about, begunAt: this.#now };
    this.deeds.push(deed);
    return deed;
  }

  /** An error that may have been applied tells nothing; another one, that nothing has happened. */
  async #tell(deeds: readonly Deed[], work: () => Promise<readonly Told[]>): Promise<void> {
    let answers: readonly (Told | undefined)[];
    try {
      answers = await work();
    } catch (error) {
      if (!isMusterError(error) || !error.retryable) throw error;
      answers = deeds.map(() => (error.mayHaveApplied ? undefined : { as: "refused" }));
    }
    this.#now += 1;
    for (const [index, deed] of deeds.entries()) {
      const told = answers[index];
      if (told !== undefined) Object.assign(deed, { told, toldAt: this.#now });
    }
  }

  #somebody(): string {
    return IDENTITIES[Math.floor(this.#ctx.random() * IDENTITIES.length)] ?? "a";
  }

  #content(): Pick<Registration, "metadata" | "ttlMs" | "session"> {
    const kind = KINDS[Math.floor(this.#ctx.random() * KINDS.length)] ?? "north";
    return { metadata: { kind, n: this.#now, of: [{ kind }] }, ttlMs: LONG_MS, session: SESSION };
  }
}

function storedAs(outcome: SetOutcome): Told {
  if ("refused" in outcome) return { as: "refused" };
  return { as: "stored", epoch: outcome.stored.epoch, revision: outcome.stored.revision };
}

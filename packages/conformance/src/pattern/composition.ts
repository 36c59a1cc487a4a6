/** The slots of one process together, as a user composes them: what the pattern's cases are about. */

import type { DeliveryGuarantee } from "@muster/core";
import type {
  Backend,
  Call,
  DurabilityBackend,
  DurabilityTraits,
  MessagingBackend,
  OutboxBackend,
  RegistryBackend,
  Scope,
} from "@muster/core/slots";
import type { MortalProcess, Subject } from "../subject.ts";

/** What a composition is able to promise. */
export interface CompositionTraits {
  /** At most once, by messaging. */
  readonly atMostOnce: boolean;
  /** At least once by messaging alone: the sender keeps a message until it is acknowledged. */
  readonly acknowledged: boolean;
  /** At least once, kept by durability. */
  readonly durable: boolean;
  /** Effects exactly once: durability with transactions. */
  readonly exactlyOnce: boolean;
  /** What is sent can commit with its sender's own writes. */
  readonly outbox: boolean;
  readonly order: DurabilityTraits["order"];
}

/** One guarantee, over those slots of a composition that give it. */
export interface Way {
  /** As it stands in the ids of cases. */
  readonly name: "at-most-once" | "acknowledged" | "durable" | "exactly-once";
  readonly delivery: DeliveryGuarantee;
  readonly trait: Exclude<keyof CompositionTraits, "order" | "outbox">;
}

export const ATMOST: Way = { name: "at-most-once", delivery: "at-most-once", trait: "atMostOnce" };
export const ACKNOWLEDGED: Way = { name: "acknowledged", delivery: "at-least-once", trait: "acknowledged" };
export const DURABLE: Way = { name: "durable", delivery: "at-least-once", trait: "durable" };
export const EXACTLY: Way = { name: "exactly-once", delivery: "exactly-once", trait: "exactlyOnce" };

/** Clients of all slots, opened and closed as one. */
export class Composition implements Backend {
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend | undefined;
  readonly durability: DurabilityBackend | undefined;
  readonly outbox: OutboxBackend | undefined;

  constructor({ registry, messaging, durability, outbox }: Omit<MortalProcess, "begin" | "kill" | "freeze" | "thaw">) {
    if (registry === undefined) throw new Error("a composition has a registry");
    this.registry = registry;
    this.messaging = messaging;
    this.durability = durability;
    this.outbox = outbox;
  }

  get name(): string {
    return [...new Set(this.#slots.map(({ name }) => name))].join(" + ");
  }

  /** Final when it is open. */
  get traits(): CompositionTraits {
    const { messaging, durability, outbox } = this;
    return {
      atMostOnce: messaging !== undefined,
      acknowledged: messaging !== undefined,
      durable: durability !== undefined,
      exactlyOnce: durability?.transactions !== undefined,
      outbox: outbox !== undefined,
      order: durability?.traits.order ?? "none",
    };
  }

  async open(scope: Scope, call: Call): Promise<void> {
    for (const slot of this.#slots) await slot.open(scope, call);
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map(async (slot) => slot.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #slots(): readonly Backend[] {
    return [this.registry, this.messaging, this.durability, this.outbox].filter((slot) => slot !== undefined);
  }
}

/** Makes the slots of one more process; `undefined`: the subject has no registry, or nothing to carry a message. */
export function compositionOf(subject: Subject): (() => Composition) | undefined {
  const { registry, messaging, durability, outbox } = subject;
  if (registry === undefined || (messaging === undefined && durability === undefined)) return undefined;
  return () =>
    new Composition({
      registry: registry(),
      ...(messaging && { messaging: messaging() }),
      ...(durability && { durability: durability() }),
      ...(outbox && { outbox: outbox() }),
    });
}

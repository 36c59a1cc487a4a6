/** What one process of a scene is made of. */

import type { Fleet, Handle, Limits, Metadata, Timing } from "@muster/core";
import type { DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import { overridden } from "../mutant.ts";
import type { OwnTransaction } from "../subject.ts";
import type { Composition } from "./composition.ts";

/** One process, with what its fleet is made of. */
export interface Process {
  readonly fleet: AnyFleet;
  /** Takes it away as a crash does. Only of a process that {@link Scene.mortal} has started. */
  kill(turn: number): Promise<void>;
  /** Begins a transaction of its own. */
  begin(): Promise<OwnTransaction>;
}

export type AnyFleet = Fleet<Metadata, Metadata, unknown, unknown>;
export type AnyHandle = Handle<Metadata, unknown>;

export interface ProcessOptions {
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<Limits>;
  /** Faults of this process' clients; what they don't name is the real thing. */
  readonly registry?: (real: RegistryBackend) => Partial<RegistryBackend>;
  readonly messaging?: ((real: MessagingBackend) => Partial<MessagingBackend>) | "absent";
  readonly durability?: (real: DurabilityBackend) => Partial<DurabilityBackend>;
  readonly outbox?: (real: OutboxBackend) => Partial<OutboxBackend>;
  /** Whether it hands over what is committed. Default true. */
  readonly relay?: boolean;
}

interface Slots {
  readonly registry: RegistryBackend;
  readonly messaging?: MessagingBackend;
  readonly durability?: DurabilityBackend;
  readonly outbox?: OutboxBackend;
  readonly relay?: boolean;
}

/** Those that the scene is about, with the faults of this process. */
export function slotsOf(
  { registry, messaging, durability, outbox }: Composition,
  faults: ProcessOptions,
  scene: { readonly isKept: boolean; readonly isRecorded: boolean },
): Slots {
  return {
    registry: faulty(registry, faults.registry),
    ...(messaging && faults.messaging !== "absent" && { messaging: faulty(messaging, faults.messaging) }),
    ...(durability && scene.isKept && { durability: faulty(durability, faults.durability) }),
    ...(outbox && scene.isRecorded && { outbox: faulty(outbox, faults.outbox), relay: faults.relay ?? true }),
  };
}

function faulty<B extends object>(real: B, fault: ((real: B) => Partial<B>) | undefined): B {
  return fault ? overridden(real, fault) : real;
}

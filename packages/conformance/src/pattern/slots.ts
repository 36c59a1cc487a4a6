/** The slots of one process, with the faults a case gives it. */

import type { DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import { overridden } from "../mutant.ts";
import type { Composition } from "./composition.ts";

/** Faults of one process' clients; what they don't name is the real thing. */
export interface SlotFaults {
  readonly registry?: (real: RegistryBackend) => Partial<RegistryBackend>;
  readonly messaging?: ((real: MessagingBackend) => Partial<MessagingBackend>) | "absent";
  readonly durability?: (real: DurabilityBackend) => Partial<DurabilityBackend>;
  readonly outbox?: (real: OutboxBackend) => Partial<OutboxBackend>;
  /** Whether it hands over what is committed. Default true. */
  readonly relay?: boolean;
}

/** What a case is about: the slots that are not asked for are left out. */
export interface WantedSlots {
  /** By a durability slot. */
  readonly isKept: boolean;
  /** In an outbox. */
  readonly isRecorded: boolean;
}

/** As `openRegistry` takes them. */
export function slotsOf(
  { registry, messaging, durability, outbox }: Composition,
  { relay = true, ...faults }: SlotFaults,
  { isKept, isRecorded }: WantedSlots,
): {
  readonly registry: RegistryBackend;
  readonly messaging?: MessagingBackend;
  readonly durability?: DurabilityBackend;
  readonly outbox?: OutboxBackend;
  readonly relay?: boolean;
} {
  const withFault = <B extends object>(real: B, fault: ((real: B) => Partial<B>) | undefined): B =>
    fault ? overridden(real, fault) : real;
  return {
    registry: withFault(registry, faults.registry),
    ...(messaging && faults.messaging !== "absent" && { messaging: withFault(messaging, faults.messaging) }),
    ...(durability && isKept && { durability: withFault(durability, faults.durability) }),
    ...(outbox && isRecorded && { outbox: withFault(outbox, faults.outbox), relay }),
  };
}

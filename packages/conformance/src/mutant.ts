/** A backend broken on purpose, to show that the kit would notice. */

import {
  type BatchFailure,
  checkColumns,
  type DurabilityBackend,
  type MessagingBackend,
  type OutboxBackend,
  type RegistryBackend,
  rowsOf,
} from "@muster/core/slots";
import type { Subject } from "./subject.ts";

export interface Mutant {
  /** In kebab case, after what is broken: `replace-merges-metadata`. */
  readonly id: string;
  /** What is wrong with it, as one sentence. */
  readonly breaks: string;
  /** Every one of these cases fails on it. */
  readonly kills: readonly [string, ...string[]];
  /** The same backend with the one fault. */
  of(subject: Subject): Subject;
}

/** The subject with each of its registries overridden; what `fault` doesn't name is the real thing. */
export function withRegistry(subject: Subject, fault: (real: RegistryBackend) => Partial<RegistryBackend>): Subject {
  const { registry } = subject;
  if (registry === undefined) return subject;
  return { ...subject, registry: () => overridden(registry(), fault) };
}

/** As {@link withRegistry}, for messaging; what publishes in another way does so by column, too. */
export function withMessaging(subject: Subject, fault: (real: MessagingBackend) => Partial<MessagingBackend>): Subject {
  const { messaging } = subject;
  if (messaging === undefined) return subject;
  return { ...subject, messaging: () => overridden(messaging(), (real) => alsoByColumn(real, fault(real))) };
}

function alsoByColumn(real: MessagingBackend, faulty: Partial<MessagingBackend>): Partial<MessagingBackend> {
  const { publishMany, columns } = faulty;
  if (publishMany === undefined || columns !== undefined) return faulty;
  return {
    ...faulty,
    columns: {
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        checkColumns(batch, real.traits, real.name);
        return publishMany(rowsOf(batch), call);
      },
    },
  };
}

/** As {@link withRegistry}, for durability. */
export function withDurability(
  subject: Subject,
  fault: (real: DurabilityBackend) => Partial<DurabilityBackend>,
): Subject {
  const { durability } = subject;
  if (durability === undefined) return subject;
  return { ...subject, durability: () => overridden(durability(), fault) };
}

/** As {@link withRegistry}, for the outbox. */
export function withOutbox(subject: Subject, fault: (real: OutboxBackend) => Partial<OutboxBackend>): Subject {
  const { outbox } = subject;
  if (outbox === undefined) return subject;
  return { ...subject, outbox: () => overridden(outbox(), fault) };
}

/** The real thing, but for what `fault` names. */
export function overridden<B extends object>(real: B, fault: (real: B) => Partial<B>): B {
  const faulty = fault(real);
  return new Proxy(real, {
    get(target, key): unknown {
      if (Object.hasOwn(faulty, key)) return Reflect.get(faulty, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

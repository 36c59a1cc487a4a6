/** What the mutants about crashes are made with: processes that can die, and what they leave behind for the others. */

import type { DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import { type Mutant, withDurability, withMessaging, withOutbox, withRegistry } from "../../mutant.ts";
import type { MortalProcess, Subject } from "../../subject.ts";

export interface CrashFault {
  /** What is wrong with a process that may die. */
  readonly mortal?: (real: RegistryBackend) => Partial<RegistryBackend>;
  /** What is wrong with those that live on. */
  readonly survivor?: (real: RegistryBackend) => Partial<RegistryBackend>;
  readonly mortalMessaging?: (real: MessagingBackend) => Partial<MessagingBackend>;
  readonly survivorMessaging?: (real: MessagingBackend) => Partial<MessagingBackend>;
  readonly mortalDurability?: (real: DurabilityBackend) => Partial<DurabilityBackend>;
  readonly survivorDurability?: (real: DurabilityBackend) => Partial<DurabilityBackend>;
  readonly mortalOutbox?: (real: OutboxBackend) => Partial<OutboxBackend>;
  /** Its transactions, in another way. */
  readonly begin?: (process: MortalProcess) => MortalProcess["begin"];
}

/** `fault` is made once for each subject: what it remembers is what the store or the broker holds. */
export function crashMutant(about: Omit<Mutant, "of">, fault: () => CrashFault): Mutant {
  return { ...about, of: (subject) => broken(subject, fault()) };
}

const right = (): object => ({});

function broken(subject: Subject, fault: CrashFault): Subject {
  const { mortal } = subject;
  const survivors = withDurability(
    withMessaging(withRegistry(subject, fault.survivor ?? right), fault.survivorMessaging ?? right),
    fault.survivorDurability ?? right,
  );
  if (mortal === undefined) return survivors;
  return {
    ...survivors,
    mortal: () => {
      const process = mortal();
      const { registry, messaging, durability, outbox } = process;
      const mortals: Subject = {
        name: subject.name,
        ...(registry && { registry: () => registry }),
        ...(messaging && { messaging: () => messaging }),
        ...(durability && { durability: () => durability }),
        ...(outbox && { outbox: () => outbox }),
      };
      const faulty = withOutbox(
        withDurability(
          withMessaging(withRegistry(mortals, fault.mortal ?? right), fault.mortalMessaging ?? right),
          fault.mortalDurability ?? right,
        ),
        fault.mortalOutbox ?? right,
      );
      const begin = fault.begin ? fault.begin(process) : process.begin;
      return {
        ...(registry && { registry: faulty.registry?.() ?? registry }),
        ...(messaging && { messaging: faulty.messaging?.() ?? messaging }),
        ...(durability && { durability: faulty.durability?.() ?? durability }),
        ...(outbox && { outbox: faulty.outbox?.() ?? outbox }),
        ...(begin && { begin }),
        kill: async (turn) => process.kill(turn),
        ...(process.freeze && { freeze: async () => process.freeze?.() }),
        ...(process.thaw && { thaw: async () => process.thaw?.() }),
      };
    },
  };
}

/** What calls that have not been answered were about; of a dead process that is for ever. */
export class Unanswered {
  readonly #all = new Set<string>();

  has(identity: string): boolean {
    return this.#all.has(identity);
  }

  get size(): number {
    return this.#all.size;
  }

  async during<T>(identities: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const identity of identities) this.#all.add(identity);
    const answer = await work();
    for (const identity of identities) this.#all.delete(identity);
    return answer;
  }
}

/** Whom a batch is about. */
export function identitiesIn(all: readonly { readonly identity: string }[]): readonly string[] {
  return all.map(({ identity }) => identity);
}

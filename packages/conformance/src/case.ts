/** Cases are data: an id, the rule it holds a backend to, the gate, and the check. */

import type {
  Backend,
  Call,
  DurabilityBackend,
  MessagingBackend,
  OutboxBackend,
  RegistryBackend,
  Scope,
} from "@muster/core/slots";
import type { Random } from "@muster/filter/corpus";
import type { Composition } from "./pattern/composition.ts";
import type { Subject } from "./subject.ts";

export type Slot = "registry" | "messaging" | "durability" | "outbox";

/** What a case is about: one slot, or `pattern`, the registry with whatever carries messages for it. */
export type Part = Slot | "pattern";

/** What one run of one case has to work with. Everything it opens is closed behind it. */
export interface CaseContext<B extends Backend> {
  /** Open, in a namespace that nobody else has seen. */
  readonly backend: B;
  readonly namespace: string;
  readonly subject: Subject;
  /** Ends with the case; give it to every call that isn't about signals. */
  readonly call: Call;
  /** Reproducible: the seed stands in the failure. */
  readonly random: Random;
  /** How many generated filters a case that compares them asks; see {@link PlanOptions.filters}. */
  readonly filters: number;
  /** Another process' view of the same namespace, open. */
  peer(scope?: Partial<Scope>): Promise<B>;
  /** A client that is not open yet; closed behind the case if it has been opened. */
  fresh(): B;
  /** Asks again until `probe` no longer throws, within the subject's patience; then its last error is thrown. */
  eventually<T>(probe: () => T | Promise<T>): Promise<T>;
}

export interface ConformanceCase<B extends Backend = Backend> {
  /** `slot/topic/what-holds`, in kebab case; unique, and never reused for another meaning. */
  readonly id: string;
  /** The rule, as one sentence that is true of every backend it applies to. */
  readonly rule: string;
  readonly slot: Part;
  /**
   * Looks at traits, facets and what the subject can arrange, and at nothing else; a stronger claim only adds cases.
   * Absent: it applies to every backend of the slot.
   */
  applies?(backend: B, subject: Subject): boolean;
  /** Throws when the rule does not hold. */
  run(ctx: CaseContext<B>): Promise<void>;
}

export type RegistryContext = CaseContext<RegistryBackend>;
export type MessagingContext = CaseContext<MessagingBackend>;
export type DurabilityContext = CaseContext<DurabilityBackend>;
export type OutboxContext = CaseContext<OutboxBackend>;
export type CompositionContext = CaseContext<Composition>;
export type RegistryCase = ConformanceCase<RegistryBackend>;
export type MessagingCase = ConformanceCase<MessagingBackend>;
export type DurabilityCase = ConformanceCase<DurabilityBackend>;
export type OutboxCase = ConformanceCase<OutboxBackend>;
export type PatternCase = ConformanceCase<Composition>;

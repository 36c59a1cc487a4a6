/** What a subject claims of itself, slot by slot. */

import type {
  Backend,
  DurabilityBackend,
  DurabilityTraits,
  MessagingBackend,
  MessagingTraits,
  OutboxBackend,
  OutboxTraits,
  RegistryBackend,
  RegistryTraits,
} from "@muster/core/slots";
import type { ConformanceCase, Part } from "./case.ts";
import { freshNamespace } from "./context.ts";
import { withinDeadline } from "./deadline.ts";
import { type NativeOperators, nativeOperators } from "./native-operators.ts";
import { type CompositionTraits, compositionOf } from "./pattern/composition.ts";
import type { Subject } from "./subject.ts";
import { asError } from "./thrown.ts";

export interface Facets {
  /** Which operators of a filter the registry selects by itself; absent without the facet. */
  readonly filters?: NativeOperators;
  /** Present with the facet, as is the next. */
  readonly counts?: true;
  readonly sorts?: true;
  /** Present with the facet of the messaging slot. */
  readonly columns?: true;
  /** Present with the facet of the durability slot, as are the next two. */
  readonly tracking?: true;
  readonly transactions?: true;
  readonly deadLetters?: true;
  /** Present with the facet of the outbox. */
  readonly bells?: true;
}

/** One slot of a subject, as its traits and facets stand once it is open. */
export interface SlotClaims {
  readonly slot: Part;
  /** The backend's own name. */
  readonly backend: string;
  readonly traits: RegistryTraits | MessagingTraits | DurabilityTraits | OutboxTraits | CompositionTraits;
  readonly facets: Facets;
}

/** Claims, and what they mean for each case of the slot. */
export interface ProbedSlot {
  readonly claims: SlotClaims;
  readonly applicable: ReadonlySet<ConformanceCase>;
  /** Applicable only because the subject can cut its server off: not to be run beside any other case. */
  readonly exclusive: ReadonlySet<ConformanceCase>;
}

/**
 * Opens one client of the slot in a fresh namespace, looks, and closes it. `undefined` for a slot the subject lacks.
 *
 * @throws Error whose message goes on after "the registry of memory": which step went wrong, and how.
 */
export async function probeSlot(
  subject: Subject,
  slot: Part,
  catalogue: readonly ConformanceCase[],
  deadlineMs: number,
): Promise<ProbedSlot | undefined> {
  const look = <B extends Backend>(backend: B, claims: (open: B) => SlotClaims): Promise<ProbedSlot> =>
    openly(backend, deadlineMs, () => ({ claims: claims(backend), ...gates(subject, slot, backend, catalogue) }));
  if (slot === "registry") {
    const registry = await step("made", () => subject.registry?.());
    return registry && (await look(registry, registryClaims));
  }
  if (slot === "messaging") {
    const messaging = await step("made", () => subject.messaging?.());
    return messaging && (await look(messaging, messagingClaims));
  }
  if (slot === "pattern") {
    const composition = await step("made", () => compositionOf(subject)?.());
    return (
      composition && (await look(composition, ({ name, traits }) => ({ slot, backend: name, traits, facets: {} })))
    );
  }
  if (slot === "outbox") {
    const outbox = await step("made", () => subject.outbox?.());
    return outbox && (await look(outbox, (open) => outboxClaims(open, subject)));
  }
  const durability = await step("made", () => subject.durability?.());
  return durability && (await look(durability, (open) => durabilityClaims(open, subject)));
}

async function openly<T>(backend: Backend, deadlineMs: number, look: () => T): Promise<T> {
  const scope = { namespace: freshNamespace() };
  try {
    await step("opened", () =>
      withinDeadline(deadlineMs, "conformance.probe", async (call) => backend.open(scope, call)),
    );
    return await step("asked for its traits and facets", look);
  } finally {
    step("closed", async () => backend.close()).catch(() => {}); // Whether it closes, and how fast, is for the cases to say.
  }
}

async function step<T>(done: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`could not be ${done}: ${asError(error).message}`, { cause: error });
  }
}

function gates(
  subject: Subject,
  slot: Part,
  backend: Backend,
  catalogue: readonly ConformanceCase[],
): Pick<ProbedSlot, "applicable" | "exclusive"> {
  const { faults: _, ...faultless } = subject;
  const cases = catalogue.filter((one) => one.slot === slot);
  const applicable = cases.filter((one) => one.applies?.(backend, subject) ?? true);
  const exclusive = applicable.filter((one) => one.applies?.(backend, faultless) === false);
  return { applicable: new Set(applicable), exclusive: new Set(exclusive) };
}

function registryClaims({ name, traits, filters, counts, sorts }: RegistryBackend): SlotClaims {
  return {
    slot: "registry",
    backend: name,
    traits,
    facets: {
      ...(filters === undefined ? {} : { filters: nativeOperators(filters) }),
      ...(counts === undefined ? {} : { counts: true }),
      ...(sorts === undefined ? {} : { sorts: true }),
    },
  };
}

function messagingClaims({ name, traits, columns }: MessagingBackend): SlotClaims {
  return { slot: "messaging", backend: name, traits, facets: columns === undefined ? {} : { columns: true } };
}

/** @throws Error: its transactions can't be looked into. */
function durabilityClaims(
  { name, traits, tracking, transactions, deadLetters }: DurabilityBackend,
  { transactionProbe }: Subject,
): SlotClaims {
  if (transactions !== undefined && transactionProbe === undefined)
    throw new Error("it has transactions, and the subject no transactionProbe to look into them");
  return {
    slot: "durability",
    backend: name,
    traits,
    facets: {
      ...(tracking && { tracking: true }),
      ...(transactions && { transactions: true }),
      ...(deadLetters && { deadLetters: true }),
    },
  };
}

/** @throws Error: nobody can begin transactions for it. */
function outboxClaims({ name, traits, bells }: OutboxBackend, { outboxProbe }: Subject): SlotClaims {
  if (outboxProbe === undefined) throw new Error("the subject has no outboxProbe to begin transactions for it");
  return { slot: "outbox", backend: name, traits, facets: { ...(bells && { bells: true }) } };
}

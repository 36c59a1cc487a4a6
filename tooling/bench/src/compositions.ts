/** Which backends fill which slots, as the command line names it: `redis+nats`. */

/** What can fill each slot for several processes. */
const FILLS = {
  registry: ["redis", "postgres", "nats", "sqlite"],
  messaging: ["redis", "postgres", "nats", "rabbitmq", "kafka"],
  durability: ["redis", "postgres", "nats", "rabbitmq", "kafka", "sqlite"],
} as const;

const SLOTS = ["registry", "messaging", "durability"] as const;
type Slot = (typeof SLOTS)[number];
type Kind<In extends Slot = Slot> = (typeof FILLS)[In][number];

/** All slots in one process. */
export const MEMORY = "memory";

export interface Slots {
  readonly registry: Kind<"registry">;
  readonly messaging?: Kind<"messaging">;
  readonly durability?: Kind<"durability">;
}

export interface Composition {
  /** As it was named. */
  readonly name: string;
  /** Absent: all slots are in memory. */
  readonly slots?: Slots;
}

/** For the usage text and for whoever has named another. */
export const COMPOSITIONS: string = [
  `${MEMORY}, or registry+messaging+durability, such as redis+nats, postgres, postgres+kafka, redis+nats+postgres;`,
  "a slot that is not named is filled by the last that can",
  ...SLOTS.map((slot) => `  ${slot}: ${FILLS[slot].join(", ")}`),
].join("\n");

/** @throws RangeError that says what there is. */
export function compositionOf(name: string): Composition {
  const parts = name.split("+");
  if (name === MEMORY) return { name };
  if (parts.length > SLOTS.length) throw mistaken(`"${name}" names more than ${SLOTS.length} slots.`);
  const [registry, messaging, durability] = [
    filled("registry", parts, 0),
    filled("messaging", parts, 1),
    filled("durability", parts, 2),
  ];
  if (registry === undefined) throw mistaken(`"${name}" has no registry.`);
  return {
    name,
    slots: {
      registry,
      ...(messaging === undefined ? {} : { messaging }),
      ...(durability === undefined ? {} : { durability }),
    },
  };
}

/** By the part that names it, or by the last before it that can. @throws RangeError when the one that is named can't. */
function filled<In extends Slot>(slot: In, parts: readonly string[], at: number): Kind<In> | undefined {
  // Each list is of its slot's kinds.
  const able = FILLS[slot] as readonly Kind<In>[];
  const named = parts[at];
  if (named === undefined)
    return able.find((kind) => kind === parts.findLast((part) => able.some((one) => one === part)));
  const kind = able.find((one) => one === named);
  if (kind === undefined) throw mistaken(`"${named}" is nothing that fills the ${slot} slot for several processes.`);
  return kind;
}

function mistaken(sentence: string): RangeError {
  return new RangeError(`${sentence} There is ${COMPOSITIONS}`);
}

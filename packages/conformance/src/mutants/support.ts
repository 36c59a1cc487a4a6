/** What the mutants of every slot are made with. */

import type { Call, Inbox } from "@muster/core/slots";

/** A call that nobody ever gives up. */
export function ownCall(): Call {
  return { signal: new AbortController().signal };
}

/** Never settles. */
export async function never(): Promise<never> {
  return new Promise<never>(() => {});
}

/** The inbox with some of its methods in another way. */
export function inboxLike(real: Inbox, changes: Partial<Inbox>): Inbox {
  return {
    addMany: async (addresses, call) => real.addMany(addresses, call),
    removeMany: async (addresses, call) => real.removeMany(addresses, call),
    [Symbol.asyncIterator]: () => real[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => real[Symbol.asyncDispose](),
    ...changes,
  };
}

/** An addMany that also notes the addresses. */
export function notingAddresses(real: Inbox, noted: Set<string>): Inbox["addMany"] {
  return async (addresses, call) => {
    for (const address of addresses) noted.add(address);
    return real.addMany(addresses, call);
  };
}

/** Ways to take two namespaces for one, which either slot can have. */
export const respelt: readonly { readonly id: string; readonly breaks: string; spell(namespace: string): string }[] = [
  {
    id: "are-cut",
    breaks: "Namespaces are the same when their first 63 characters are.",
    spell: (name) => name.slice(0, 63),
  },
  {
    id: "are-flattened",
    breaks: "What a broker or a store gives a meaning to becomes an underscore in a namespace.",
    spell: (name) => name.replaceAll(".", "_"),
  },
  {
    id: "are-escaped-once",
    breaks: "A namespace is escaped by a character that stands for itself elsewhere.",
    spell: (name) => name.replaceAll(".", "_2e"),
  },
];

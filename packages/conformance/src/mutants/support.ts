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

import type { Call } from "@muster/core/slots";
import type { Around } from "./around-pages.ts";

type Asynchronous = (...args: unknown[]) => Promise<unknown>;

/** Methods whose last argument is their call. */
export function allAround<T extends object, Name extends keyof T & string>(
  real: T,
  around: Around,
  names: readonly Name[],
): Pick<T, Name> {
  const methods = names.map((name) => {
    const method = (...args: unknown[]): Promise<unknown> => {
      const call = args.at(-1) as Call; // As of every operation of a slot.
      const own = real[name] as Asynchronous;
      return around(name, call, async (inner) => own.call(real, ...args.slice(0, -1), inner));
    };
    return [name, method] as const;
  });
  return Object.fromEntries(methods) as unknown as Pick<T, Name>; // Each has the type of the method that it calls.
}

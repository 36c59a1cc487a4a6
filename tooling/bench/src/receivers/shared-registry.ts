import type { RegistryBackend } from "@muster/core/slots";

/** The same registry for a fleet that must neither open nor close it: it is open, and others see it too. */
export function sharedRegistry(registry: RegistryBackend): RegistryBackend {
  const leave = async (): Promise<void> => {};
  const own: Partial<Record<PropertyKey, unknown>> = { open: leave, close: leave, [Symbol.asyncDispose]: leave };
  return new Proxy(registry, {
    get(target, property): unknown {
      const value: unknown = own[property] ?? Reflect.get(target, property, target);
      const bound: unknown = typeof value === "function" ? value.bind(target) : value;
      return bound;
    },
  });
}

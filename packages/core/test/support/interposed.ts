/**
 * The same object, with some methods replaced; each replacement gets the original method to call. Only faults are put
 * between core and a real backend this way.
 */
export function interposed<T extends object>(
  target: T,
  replacements: { readonly [Name in keyof T]?: (original: T[Name]) => T[Name] },
): T {
  return new Proxy(target, {
    get(owner, name): unknown {
      const member: unknown = Reflect.get(owner, name, owner);
      const bound: unknown = typeof member === "function" ? member.bind(owner) : member;
      const replace = Reflect.get(replacements, name) as ((original: unknown) => unknown) | undefined; // By the type of `replacements`.
      return replace === undefined ? bound : replace(bound);
    },
  });
}

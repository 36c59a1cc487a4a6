import type { Facts, Metadata } from "./ast.ts";

/** A closure of a compiled filter. */
export type Test = (metadata: Metadata, facts: Facts) => boolean;

/** All of them hold; for lack of any, true. */
export function every(tests: readonly Test[]): Test {
  const [a, b, c, ...more] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (metadata, facts) => a(metadata, facts) && b(metadata, facts);
  if (more.length === 0) return (metadata, facts) => a(metadata, facts) && b(metadata, facts) && c(metadata, facts);
  return (metadata, facts) => {
    for (const test of tests) if (!test(metadata, facts)) return false;
    return true;
  };
}

/** At least one of them holds; for lack of any, false. */
export function some(tests: readonly Test[]): Test {
  const [a, b, c, ...more] = tests;
  if (a === undefined) return () => false;
  if (b === undefined) return a;
  if (c === undefined) return (metadata, facts) => a(metadata, facts) || b(metadata, facts);
  if (more.length === 0) return (metadata, facts) => a(metadata, facts) || b(metadata, facts) || c(metadata, facts);
  return (metadata, facts) => {
    for (const test of tests) if (test(metadata, facts)) return true;
    return false;
  };
}

export function none(test: Test): Test {
  return (metadata, facts) => !test(metadata, facts);
}

import type { MusterError } from "../slots/index.ts";

/** Warns of the first error of each code, and of no other. */
export function warnOnce(warn: (error: MusterError) => void): (error: MusterError) => void {
  const warned = new Set<string>();
  return (error) => {
    if (warned.has(error.code)) return;
    warned.add(error.code);
    warn(error);
  };
}

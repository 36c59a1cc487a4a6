import { rename } from "node:fs/promises";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { fileRegistry } from "../src/index.ts";

/** So long do the others wait for a process that has died with the lock. */
const MORTAL_LEASE_MS = 250;

/**
 * The store in a folder, as the conformance kit looks at it. To cut it off, the folder is moved away. Its mortal processes
 * import this module, and get their clients from {@link subject}.
 */
export function fileSubject(folder: string): Subject {
  const away = `${folder}-away`;
  const whole: Subject = {
    ...subject(folder),
    faults: { cut: async () => rename(folder, away), heal: async () => rename(away, folder) },
  };
  return withMortalProcesses(whole, new URL(import.meta.url), { args: [folder, MORTAL_LEASE_MS] });
}

/** @public For the processes that die; with a short lease, they hold the others up no longer than that. */
export function subject(folder: string, leaseMs?: number): Subject {
  return { name: "files", registry: () => fileRegistry({ folder, ...(leaseMs !== undefined && { leaseMs }) }) };
}

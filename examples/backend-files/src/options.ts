import { MusterError } from "@muster/core/slots";

export interface FileRegistryOptions {
  /** On a disk of this machine; it must exist. Every registry over it, in any process, is a client of the same store. */
  readonly folder: string;
  /**
   * For how long a process that says nothing keeps the lock of a namespace: others wait that long for one that has died.
   * Default 2,000.
   */
  readonly leaseMs?: number;
  /** For tests: awaited before each step on the file system. Where it never resolves, the process has died. */
  readonly beforeStep?: () => Promise<void>;
}

/** Longest lease; one that lasts longer was written before the clock was set back. */
export const MAX_LEASE_MS = 60_000;
const MIN_LEASE_MS = 10;

/** The settings, complete. @throws CONFIG_INVALID */
export function checkOptions({ folder, leaseMs = 2_000, beforeStep = proceed }: FileRegistryOptions): Settings {
  if (leaseMs >= MIN_LEASE_MS && leaseMs <= MAX_LEASE_MS) return { folder, leaseMs, beforeStep };
  const message = `a lease lasts ${MIN_LEASE_MS} to ${MAX_LEASE_MS} ms, not ${leaseMs}`;
  const detail = { violations: [{ path: "leaseMs", message }] };
  throw new MusterError({ code: "CONFIG_INVALID", source: "fileRegistry", message, detail });
}

export type Settings = Required<FileRegistryOptions>;

async function proceed(): Promise<void> {}

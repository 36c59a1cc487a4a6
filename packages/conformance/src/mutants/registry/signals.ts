import { type Call, isMusterError, MusterError, type RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { ownCall } from "../support.ts";
import { registryMutant } from "./support.ts";

const BOTH = [
  "registry/signals/given-up-before-applies-nothing",
  "registry/signals/too-late-before-applies-nothing",
] as const;

type Write = <T>(call: Call, write: (call: Call) => Promise<T>) => Promise<T>;

/** Every write called through `change`. */
function writing(real: RegistryBackend, change: Write): Partial<RegistryBackend> {
  return {
    setMany: async (entries, call) => change(call, async (other) => real.setMany(entries, other)),
    renewMany: async (leases, call) => change(call, async (other) => real.renewMany(leases, other)),
    deleteMany: async (keys, call) => change(call, async (other) => real.deleteMany(keys, other)),
    reap: async (options, call) => change(call, async (other) => real.reap(options, other)),
    confirmMany: async (claims, call) => change(call, async (other) => real.confirmMany(claims, other)),
  };
}

export const signalMutants: readonly Mutant[] = [
  registryMutant(
    { id: "writes-ignore-their-signal", breaks: "Writes don't look at their signal.", kills: BOTH },
    (real) => writing(real, async (_call, write) => write(ownCall())),
  ),
  registryMutant(
    {
      id: "signal-looked-at-afterwards",
      breaks: "Writes look at their signal only when they have been carried out.",
      kills: BOTH,
    },
    (real) =>
      writing(real, async (call, write) => {
        const result = await write(ownCall());
        if (call.signal.aborted) await write(call);
        return result;
      }),
  ),
  registryMutant(
    {
      id: "reason-thrown-as-it-is",
      breaks: "A write that is given up rejects with the reason of its signal.",
      kills: ["registry/signals/given-up-before-applies-nothing"],
    },
    (real) =>
      writing(real, async (call, write) => {
        call.signal.throwIfAborted();
        return write(call);
      }),
  ),
  registryMutant(
    {
      id: "timeout-as-aborted",
      breaks: "A deadline that has passed is told as if the caller had given up.",
      kills: ["registry/signals/too-late-before-applies-nothing"],
    },
    (real) =>
      writing(real, async (call, write) => {
        const cause: unknown = call.signal.reason;
        if (!isMusterError(cause, "TIMEOUT")) return write(call);
        throw new MusterError({ code: "ABORTED", source: "mutant.write", message: "given up", detail: {}, cause });
      }),
  ),
  registryMutant(
    {
      id: "unsure-before-it-began",
      breaks: "A write that was given up before it began may have been applied, it says.",
      kills: BOTH,
    },
    (real) =>
      writing(real, async (call, write) => {
        if (!call.signal.aborted) return write(call);
        const about = { source: "mutant.write", message: "given up", mayHaveApplied: true };
        if (isMusterError(call.signal.reason, "TIMEOUT")) throw new MusterError({ ...about, code: "TIMEOUT" });
        throw new MusterError({ ...about, code: "ABORTED", detail: {} });
      }),
  ),
];

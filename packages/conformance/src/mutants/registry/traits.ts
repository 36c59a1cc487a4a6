import type { RegistryTraits } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant, sharedMutant } from "./support.ts";

export const traitMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "stale-but-not-eventual",
      breaks: "It states an age of its answers without being eventual.",
      kills: ["registry/traits/agree-with-one-another"],
    },
    (real) => ({ traits: { ...real.traits, staleMs: 100 } }),
  ),
  sharedMutant(
    {
      id: "traits-by-process",
      breaks: "Each process states other traits than the ones before it.",
      kills: ["registry/traits/are-final-once-open"],
    },
    () => {
      let processes = 0;
      return (real) => {
        const process = ++processes;
        return {
          get traits(): RegistryTraits {
            return { ...real.traits, maxRecordBytes: 1_000_000 + process };
          },
        };
      };
    },
  ),
];

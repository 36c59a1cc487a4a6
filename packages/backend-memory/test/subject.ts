import type { MortalProcess, Subject } from "@muster/conformance";
import { memoryFaults, memoryHub, memoryMessaging, memoryRegistry } from "../src/index.ts";

/** One hub, as the conformance kit looks at it. */
export function memorySubject(): Subject {
  const hub = memoryHub();
  return {
    name: "memory",
    registry: () => memoryRegistry({ hub }),
    messaging: () => memoryMessaging({ hub }),
    mortal: (): MortalProcess => {
      const faults = memoryFaults();
      return {
        registry: memoryRegistry({ hub, faults }),
        messaging: memoryMessaging({ hub, faults }),
        async kill(turn): Promise<void> {
          for (let left = turn; left > 0; left -= 1) await Promise.resolve();
          faults.stop();
        },
      };
    },
    faults: {
      async cut(): Promise<void> {
        for (const part of ["store", "broker"] as const) hub.faults.down(part);
      },
      async heal(): Promise<void> {
        for (const part of ["store", "broker"] as const) hub.faults.up(part);
      },
    },
  };
}

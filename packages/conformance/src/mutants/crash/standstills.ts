import type { Leased } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { crashMutant } from "./mortals.ts";

const KILLS = ["durability/crash/frozen-and-succeeded"] as const;

export const standstillMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "the-thawed-hand-out-what-they-had",
      breaks: "A process that is handed nothing hands out again what it had, whoever has taken over.",
      kills: [...KILLS],
    },
    () => ({
      mortalDurability: (real) => {
        let had: readonly Leased[] = [];
        return {
          async dequeue(session, options, call): Promise<readonly Leased[]> {
            const leased = await real.dequeue(session, options, call);
            if (leased.length > 0) had = leased;
            return had;
          },
        };
      },
    }),
  ),
  crashMutant(
    {
      id: "the-thawed-settle-for-others",
      breaks: "A process is not told that what it settles is somebody else's.",
      kills: [...KILLS],
    },
    () => ({
      mortalDurability: (real) => ({
        async settleMany(settlements, call) {
          await real.settleMany(settlements, call);
          return [];
        },
      }),
    }),
  ),
];

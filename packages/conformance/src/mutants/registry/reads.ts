import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

export const readMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "read-in-order-of-identity",
      breaks: "What is read stands in the order of identities, whatever order was asked.",
      kills: ["registry/reads/in-the-order-asked", "registry/reads/of-a-thousand"],
    },
    (real) => ({ getMany: async (identities, call) => real.getMany([...identities].sort(), call) }),
  ),
  registryMutant(
    {
      id: "read-once",
      breaks: "Who is asked for twice is given once.",
      kills: ["registry/reads/in-the-order-asked"],
    },
    (real) => ({ getMany: async (identities, call) => real.getMany([...new Set(identities)], call) }),
  ),
  registryMutant(
    {
      id: "absent-are-left-out",
      breaks: "Who is absent takes no place in what is read.",
      kills: ["registry/reads/undefined-for-the-absent", "registry/reads/of-a-thousand"],
    },
    (real) => ({ getMany: async (identities, call) => (await real.getMany(identities, call)).filter((one) => one) }),
  ),
  registryMutant(
    {
      id: "reads-cut-at-five-hundred",
      breaks: "Only the first 500 are read.",
      kills: ["registry/reads/of-a-thousand"],
    },
    (real) => ({
      getMany: async (identities, call) => {
        const found = await real.getMany(identities.slice(0, 500), call);
        return identities.map((_, index) => found[index]);
      },
    }),
  ),
];

import { MusterError, type RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

const SET = "registry/batches/set-each-for-itself";
const RENEW = "registry/batches/renew-each-for-itself";
const DELETE = "registry/batches/delete-each-for-itself";

type Batches = Pick<RegistryBackend, "setMany" | "renewMany" | "deleteMany">;

/** The same fault in every batch of writes. */
function batching(
  real: RegistryBackend,
  outcomes: <T>(real: readonly T[], isFailure: (one: T) => boolean) => readonly T[],
): Batches {
  return {
    setMany: async (entries, call) => outcomes(await real.setMany(entries, call), (one) => "refused" in one),
    renewMany: async (leases, call) => outcomes(await real.renewMany(leases, call), (one) => typeof one !== "number"),
    deleteMany: async (keys, call) => outcomes(await real.deleteMany(keys, call), (one) => one !== "deleted"),
  };
}

export const batchMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "outcomes-off-by-one",
      breaks: "Each outcome stands where the one before belongs.",
      kills: [SET, RENEW, DELETE],
    },
    (real) => batching(real, (outcomes) => [...outcomes.slice(1), ...outcomes.slice(0, 1)]),
  ),
  registryMutant(
    {
      id: "failures-come-last",
      breaks: "Outcomes of success come before those of failure.",
      kills: [SET, RENEW, DELETE],
    },
    (real) =>
      batching(real, (outcomes, isFailure) => [
        ...outcomes.filter((one) => !isFailure(one)),
        ...outcomes.filter((one) => isFailure(one)),
      ]),
  ),
  registryMutant(
    {
      id: "one-failure-fails-all",
      breaks: "A batch with a failure in it rejects.",
      kills: [SET, RENEW, DELETE],
    },
    (real) =>
      batching(real, (outcomes, isFailure) => {
        if (!outcomes.some((one) => isFailure(one))) return outcomes;
        throw new MusterError({ code: "CONFLICT", source: "mutant.batch", message: "an entry failed" });
      }),
  ),
  registryMutant(
    {
      id: "batch-ends-at-a-failure",
      breaks: "What stands behind a failure in a batch is not carried out.",
      kills: [SET, RENEW, DELETE],
    },
    (real) => ({
      setMany: async (entries, call) =>
        untilFailure(
          entries,
          async (one) => real.setMany([one], call),
          (one) => "refused" in one,
        ),
      renewMany: async (leases, call) =>
        untilFailure(
          leases,
          async (one) => real.renewMany([one], call),
          (one) => typeof one === "string",
        ),
      deleteMany: async (keys, call) =>
        untilFailure(
          keys,
          async (one) => real.deleteMany([one], call),
          (one) => one !== "deleted",
        ),
    }),
  ),
  registryMutant(
    {
      id: "all-or-nothing",
      breaks: "A batch with a refused entry is undone.",
      kills: [SET],
    },
    (real) => ({
      setMany: async (entries, call) => {
        const outcomes = await real.setMany(entries, call);
        if (!outcomes.some((one) => "refused" in one)) return outcomes;
        const keys = outcomes.flatMap((one) =>
          "stored" in one ? [{ identity: one.stored.identity, epoch: one.stored.epoch }] : [],
        );
        await real.deleteMany(keys, call);
        return outcomes;
      },
    }),
  ),
  registryMutant(
    {
      id: "empty-batch-rejects",
      breaks: "An empty batch is an error.",
      kills: ["registry/batches/of-none"],
    },
    (real) =>
      batching(real, (outcomes) => {
        if (outcomes.length > 0) return outcomes;
        throw new MusterError({ code: "INVALID_ARGUMENT", source: "mutant.batch", message: "nothing to do" });
      }),
  ),
  registryMutant(
    {
      id: "asking-for-none-gives-all",
      breaks: "Asking for nobody gives everybody.",
      kills: ["registry/batches/of-none"],
    },
    (real) => ({
      async getMany(identities, call) {
        if (identities.length > 0) return real.getMany(identities, call);
        for await (const page of real.scan({ pageSize: 100 }, call)) return page;
        return [];
      },
    }),
  ),
  registryMutant(
    {
      id: "batches-cut-at-five-hundred",
      breaks: "Of a batch the first 500 are carried out, and the rest said to be.",
      kills: ["registry/batches/of-a-thousand"],
    },
    (real) => ({
      async setMany(entries, call) {
        const outcomes = await real.setMany(entries.slice(0, 500), call);
        return entries.flatMap((_, index) => outcomes[index % 500] ?? []);
      },
    }),
  ),
];

async function untilFailure<T, R>(
  all: readonly T[],
  ask: (one: T) => Promise<readonly R[]>,
  isFailure: (outcome: R) => boolean,
): Promise<readonly R[]> {
  const outcomes: R[] = [];
  let failure: R | undefined;
  for (const one of all) {
    const [outcome] = failure === undefined ? await ask(one) : [failure];
    if (outcome === undefined) continue;
    if (isFailure(outcome)) failure = outcome;
    outcomes.push(outcome);
  }
  return outcomes;
}

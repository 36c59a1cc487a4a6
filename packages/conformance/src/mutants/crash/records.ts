import { randomUUID } from "node:crypto";
import type { Registration, RegistryBackend, Route, SetOutcome } from "@muster/core/slots";
import { collect } from "../../cases/support.ts";
import type { Mutant } from "../../mutant.ts";
import { crashMutant, identitiesIn, Unanswered } from "./mortals.ts";

async function* eachPage<R extends Route>(
  pages: AsyncIterable<readonly R[]>,
  change: (page: readonly R[]) => readonly R[],
): AsyncGenerator<readonly R[]> {
  for await (const page of pages) yield change(page);
}

export const crashedRecordMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "crash-leaves-records-without-index",
      breaks: "A process that dies while it writes leaves records that are found by name and by no scan.",
      kills: ["registry/crash/create-whole-or-not-at-all", "registry/crash/update-whole-or-not-at-all"],
    },
    () => {
      const written = new Unanswered();
      const indexed = <R extends Route>(page: readonly R[]): readonly R[] =>
        page.filter(({ identity }) => !written.has(identity));
      return {
        mortal: (real) => ({
          setMany: async (entries, call) =>
            written.during(identitiesIn(entries), async () => real.setMany(entries, call)),
        }),
        survivor: (real) => ({ scan: (query, call) => eachPage(real.scan(query, call), indexed) }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-leaves-torn-metadata",
      breaks: "A process that dies while it writes leaves records without their metadata.",
      kills: ["registry/crash/create-whole-or-not-at-all", "registry/crash/update-whole-or-not-at-all"],
    },
    () => {
      const written = new Unanswered();
      const torn = (one: Registration): Registration => (written.has(one.identity) ? { ...one, metadata: {} } : one);
      return {
        mortal: (real) => ({
          setMany: async (entries, call) =>
            written.during(identitiesIn(entries), async () => real.setMany(entries, call)),
        }),
        survivor: (real) => ({
          getMany: async (identities, call) => (await real.getMany(identities, call)).map((one) => one && torn(one)),
          scan: (query, call) => eachPage(real.scan(query, call), (page) => page.map(torn)),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-leaves-deleted-in-index",
      breaks: "A process that dies while it deletes leaves the deleted in scans.",
      kills: ["registry/crash/delete-whole-or-not-at-all"],
    },
    () => {
      const deleted: Unanswered = new Unanswered();
      const index = new Map<string, Registration>();
      return {
        mortal: (real) => ({
          deleteMany: async (keys, call) => deleted.during(identitiesIn(keys), async () => real.deleteMany(keys, call)),
        }),
        survivor: (real) => ({
          async setMany(entries, call): Promise<readonly SetOutcome[]> {
            const outcomes = await real.setMany(entries, call);
            for (const outcome of outcomes) if ("stored" in outcome) index.set(outcome.stored.identity, outcome.stored);
            return outcomes;
          },
          async *scan(query, call) {
            yield* real.scan(query, call);
            yield [...index.values()].filter(({ identity }) => deleted.has(identity));
          },
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-loosens-the-fence",
      breaks: "What a dead process was writing takes updates of any epoch from then on.",
      kills: ["registry/crash/update-whole-or-not-at-all"],
    },
    () => {
      const written = new Unanswered();
      return {
        mortal: (real) => ({
          setMany: async (entries, call) =>
            written.during(identitiesIn(entries), async () => real.setMany(entries, call)),
        }),
        survivor: (real) => ({
          setMany: async (entries, call) =>
            real.setMany(
              entries.map((one) => (written.has(one.identity) ? { ...one, mode: "replace" } : one)),
              call,
            ),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-forgets-attempts",
      breaks: "Only the process that made an attempt is recognised when it asks again.",
      kills: ["registry/crash/asked-again-by-another"],
    },
    () => ({
      survivor: (real) => ({
        setMany: async (entries, call) =>
          real.setMany(
            entries.map((one) => ({ ...one, attempt: `${one.attempt}-${randomUUID()}` })),
            call,
          ),
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-takes-the-others-along",
      breaks: "A write rewrites the whole namespace, so that whoever dies meanwhile loses everyone.",
      kills: ["registry/crash/leaves-the-others-alone"],
    },
    () => ({
      mortal: (real) => ({
        async setMany(entries, call): Promise<readonly SetOutcome[]> {
          const mine = new Set(identitiesIn(entries));
          const others = (await collect(real.scan({ pageSize: 100 }, call))).filter(
            ({ identity }) => !mine.has(identity),
          );
          await real.deleteMany(others, call);
          const outcomes = await real.setMany(entries, call);
          await restore(real, others, call);
          return outcomes;
        },
      }),
    }),
  ),
];

async function restore(
  real: RegistryBackend,
  others: readonly Registration[],
  call: Parameters<RegistryBackend["setMany"]>[1],
): Promise<void> {
  await real.setMany(
    others.map(({ identity, metadata, ttlMs, session, address, attempt }) => {
      return { identity, metadata, ttlMs, session, address, attempt, sessionBound: false, mode: "create" };
    }),
    call,
  );
}

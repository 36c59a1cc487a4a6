/** What only shows when several work at once and some of them die. */

import { randomUUID } from "node:crypto";
import type { BatchFailure, Registration, RegistryBackend, SetEntry, SetOutcome } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { ownCall } from "../support.ts";
import { crashMutant, Unanswered } from "./mortals.ts";

function isUpdate({ mode }: SetEntry): boolean {
  return typeof mode === "object";
}

/** Notes its reads and writes, each for itself. */
function noting(real: RegistryBackend, asking: Unanswered): Partial<RegistryBackend> {
  return {
    setMany: async (entries, call) => asking.during([randomUUID()], async () => real.setMany(entries, call)),
    getMany: async (identities, call) => asking.during([randomUUID()], async () => real.getMany(identities, call)),
  };
}

export const crashHistoryMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "crash-leaks-quota",
      breaks: "Whoever dies while it reads or writes leaves a place taken that nobody has.",
      kills: ["registry/crash/history", "registry/crash/create-whole-or-not-at-all"],
    },
    () => {
      const asking = new Unanswered();
      return {
        mortal: (real) => noting(real, asking),
        survivor: (real) => ({
          async census(call) {
            const { counted, expired } = await real.census(call);
            return { counted: counted + asking.size, expired };
          },
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-loses-what-was-told",
      breaks: "An update is told before it is written, and gone with whoever dies in between.",
      kills: ["registry/crash/history"],
    },
    () => ({
      mortal: (real) => ({
        async setMany(entries, call): Promise<readonly SetOutcome[]> {
          const [update, ...others] = entries;
          if (update === undefined || others.length > 0 || !isUpdate(update)) return real.setMany(entries, call);
          const [current] = await real.getMany([update.identity], call);
          setImmediate(() => {
            real.setMany(entries, ownCall()).catch(() => {}); // Nobody asks any more.
          });
          return [current ? { stored: written(current, update) } : { refused: "fenced" }];
        },
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-takes-epochs-back",
      breaks: "Whoever comes after a dead process gives its identities epochs that are smaller than theirs.",
      kills: ["registry/crash/history"],
    },
    () => {
      const asking = new Unanswered();
      const smaller = (outcome: SetOutcome): SetOutcome =>
        "stored" in outcome && outcome.stored.revision === 1 && asking.size > 0
          ? { stored: { ...outcome.stored, epoch: 1 } }
          : outcome;
      return {
        mortal: (real) => noting(real, asking),
        survivor: (real) => ({
          setMany: async (entries, call) => (await real.setMany(entries, call)).map(smaller),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-carries-messages-over",
      breaks: "What a process was publishing when it died reaches every address that others publish to.",
      kills: ["messaging/crash/history"],
    },
    () => {
      const bodies = new Set<Uint8Array>();
      return {
        mortalMessaging: (real) => ({
          async publishMany(batch, call): Promise<readonly BatchFailure[]> {
            for (const { body } of batch) bodies.add(body);
            const failures = await real.publishMany(batch, call);
            for (const { body } of batch) bodies.delete(body);
            return failures;
          },
        }),
        survivorMessaging: (real) => ({
          async publishMany(batch, call): Promise<readonly BatchFailure[]> {
            const strays = [...bodies].flatMap((body) => batch.map((one) => ({ ...one, body })));
            bodies.clear();
            for (const stray of strays) await real.publishMany([stray], call);
            return real.publishMany(batch, call);
          },
        }),
      };
    },
  ),
];

function written(current: Registration, { metadata, attempt, ttlMs, session, address }: SetEntry): Registration {
  return { ...current, metadata, attempt, ttlMs, session, address, revision: current.revision + 1 };
}

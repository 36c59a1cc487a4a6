import type { Mutant } from "../../mutant.ts";
import type { OwnTransaction } from "../../subject.ts";
import { ownCall } from "../support.ts";
import { crashMutant } from "./mortals.ts";

export const crashedOutboxMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "crash-between-writes-and-record",
      breaks: "What a transaction has written is committed first, and what it has recorded then.",
      kills: ["outbox/crash/committed-whole-or-not-at-all"],
    },
    () => ({
      begin: ({ begin }) => {
        if (begin === undefined) return undefined;
        return async (): Promise<OwnTransaction> => {
          const [own, writes] = [await begin(), await begin()];
          return {
            ...own,
            write: writes.write,
            async commit(): Promise<void> {
              await writes.commit();
              await own.commit();
            },
          };
        };
      },
    }),
  ),
  crashMutant(
    {
      id: "crash-keeps-keys",
      breaks: "The key of a transaction whose process has died stands for what it would have recorded.",
      kills: ["outbox/crash/its-key-comes-free"],
    },
    () => {
      const owns = new Map<unknown, OwnTransaction>();
      return {
        begin: ({ begin }) =>
          begin &&
          (async (): Promise<OwnTransaction> => {
            const own = await begin();
            owns.set(own.transaction, own);
            return own;
          }),
        mortalOutbox: (real) => ({
          async record(transaction, start, targets, call) {
            const recorded = await real.record(transaction, start, targets, call);
            await owns.get(transaction)?.commit();
            return recorded;
          },
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-settles-what-it-takes",
      breaks: "A relay settles what it takes before it hands it over.",
      kills: ["outbox/crash/what-it-took-is-taken-again"],
    },
    () => ({
      mortalOutbox: (real) => ({
        take: async (lease, options, call) => {
          const parcels = await real.take(lease, options, call);
          const settlements = parcels.map(({ parcel }) => ({ parcel, as: "handed", failed: [], left: [] }) as const);
          await real.settleMany(lease, settlements, ownCall());
          return parcels;
        },
      }),
    }),
  ),
];

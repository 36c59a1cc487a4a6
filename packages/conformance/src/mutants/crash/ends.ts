import { type ReapClaim, SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { crashMutant, identitiesIn, Unanswered } from "./mortals.ts";

const ALL = { limit: 1_000, claimMs: 60_000, graceMs: 0 };

export const crashedEndMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "reaper-confirms-at-claim",
      breaks: "A step counts as done when it is claimed: whoever crashes then has skipped it.",
      kills: ["registry/crash/claims-come-back"],
    },
    () => ({
      mortal: (real) => ({
        async reap(options, call): Promise<readonly ReapClaim[]> {
          const claims = await real.reap(options, call);
          await real.confirmMany(claims, call);
          return claims;
        },
      }),
    }),
  ),
  crashMutant(
    {
      id: "claims-never-come-back",
      breaks: "What has been claimed is handed out to nobody else, ever.",
      kills: ["registry/crash/claims-come-back", "registry/crash/confirmed-or-claimed-again"],
    },
    () => {
      const claimed = new Set<string>();
      return {
        mortal: (real) => ({
          async reap(options, call): Promise<readonly ReapClaim[]> {
            const claims = await real.reap(options, call);
            for (const { registration } of claims) claimed.add(registration.identity);
            return claims;
          },
        }),
        survivor: (real) => ({
          reap: async (options, call) =>
            (await real.reap(options, call)).filter(({ registration }) => !claimed.has(registration.identity)),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "confirming-skips-the-next-step",
      breaks: "Confirming that a registration has expired drops its tombstone as well.",
      kills: ["registry/crash/confirmed-or-claimed-again"],
    },
    () => ({
      mortal: (real) => ({
        async confirmMany(claims, call): Promise<void> {
          await real.confirmMany(claims, call);
          const identities = new Set(claims.map(({ registration }) => registration.identity));
          const next = await real.reap(ALL, call);
          const over = next.filter(
            ({ registration, step }) => step === "over" && identities.has(registration.identity),
          );
          await real.confirmMany(over, call);
        },
      }),
    }),
  ),
  crashMutant(
    {
      id: "half-confirmed-is-lost",
      breaks: "A step whose confirmation was not answered is handed out to nobody again.",
      kills: ["registry/crash/confirmed-or-claimed-again"],
    },
    () => {
      const confirming = new Unanswered();
      return {
        mortal: (real) => ({
          confirmMany: async (claims, call) =>
            confirming.during(identitiesIn(claims.map(({ registration }) => registration)), async () =>
              real.confirmMany(claims, call),
            ),
        }),
        survivor: (real) => ({
          reap: async (options, call) =>
            (await real.reap(options, call)).filter(({ registration }) => !confirming.has(registration.identity)),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "sessions-of-the-dead-live-on",
      breaks: "Whoever looks at a session renews it.",
      kills: ["registry/crash/session-of-the-dead-expires"],
    },
    () => ({
      survivor: (real) => ({
        async getMany(identities, call) {
          const found = await real.getMany(identities, call);
          const sessions = found.flatMap((one) => (one?.identity.startsWith(SESSION_PREFIX) ? [one] : []));
          await real.renewMany(
            sessions.map(({ identity, epoch }) => ({ identity, epoch })),
            call,
          );
          return found;
        },
      }),
    }),
  ),
];

import type { ReapClaim, RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, registryMutant, sharedMutant } from "./support.ts";

export const claimMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "claim-given-twice",
      breaks: "What is due is handed out to whoever asks, claimed or not.",
      kills: [
        "registry/claims/for-one-caller-alone",
        "registry/reaping/only-what-is-due",
        "registry/reaping/no-more-than-the-limit",
      ],
    },
    (real) => {
      const given = new Map<string, ReapClaim>();
      return {
        async reap(options, call) {
          for (const claim of await real.reap(options, call)) given.set(claim.registration.identity, claim);
          return [...given.values()].slice(0, options.limit);
        },
      };
    },
  ),
  registryMutant(
    {
      id: "claims-last-forever",
      breaks: "A claim that nobody confirms never comes back.",
      kills: [
        "registry/claims/come-back-when-nobody-confirms",
        "registry/claims/come-back-from-over",
        "registry/claims/never-skip-a-step",
        "registry/claims/confirmed-twice-is-once",
      ],
    },
    (real) => ({ reap: async (options, call) => real.reap({ ...options, claimMs: 86_400_000 }, call) }),
  ),
  registryMutant(
    {
      id: "claims-lapse-early",
      breaks: "A claim comes back after a tenth of its time.",
      kills: ["registry/claims/come-back-when-nobody-confirms", "registry/claims/come-back-from-over"],
    },
    (real) => ({
      reap: async (options, call) => real.reap({ ...options, claimMs: options.claimMs / 10 }, call),
    }),
  ),
  registryMutant(
    {
      id: "claiming-confirms",
      breaks: "A step that has been handed out is done: if the reaper crashes, nobody carries it out.",
      kills: [
        "registry/claims/come-back-when-nobody-confirms",
        "registry/claims/never-skip-a-step",
        "registry/census/counts-through-life-and-end",
        "registry/quota/the-expired-take-room-until-confirmed",
      ],
    },
    (real) => ({
      async reap(options, call) {
        const claims = await real.reap(options, call);
        await real.confirmMany(claims, call);
        return claims;
      },
    }),
  ),
  sharedMutant(
    {
      id: "crash-skips-a-step",
      breaks: "A step that comes back because nobody confirmed it comes back as the next one.",
      kills: ["registry/claims/come-back-when-nobody-confirms", "registry/claims/never-skip-a-step"],
    },
    () => {
      const claimed = new Set<string>();
      return (real) => ({
        async reap(options, call) {
          return (await real.reap(options, call)).map(({ registration, step }) => {
            const isBack = claimed.has(registration.attempt);
            claimed.add(registration.attempt);
            return { registration, step: isBack ? "over" : step };
          });
        },
      });
    },
  ),
  registryMutant(
    {
      id: "take-over-keeps-claims",
      breaks: "A claim is on the name: who registers over it isn't reaped until it lapses.",
      kills: ["registry/claims/void-over-the-expired", "registry/claims/void-over-a-tombstone"],
    },
    (real) => {
      const claimedUntil = new Map<string, number>();
      return {
        async reap(options, call) {
          const claims = (await real.reap(options, call)).filter(
            ({ registration }) => (claimedUntil.get(registration.identity) ?? 0) <= Date.now(),
          );
          for (const { registration } of claims) claimedUntil.set(registration.identity, Date.now() + options.claimMs);
          return claims;
        },
        async confirmMany(claims, call) {
          for (const { registration } of claims) {
            const current = await realGet(real, registration.identity, call);
            if (current === undefined) claimedUntil.delete(registration.identity);
          }
          await real.confirmMany(claims, call);
        },
      };
    },
  ),
  confirmingByName(
    {
      id: "confirming-expired-by-name",
      breaks: "Confirming `expired` ends whatever stands under the name.",
      kills: ["registry/claims/confirming-expired-spares-the-successor"],
    },
    "expired",
  ),
  confirmingByName(
    {
      id: "confirming-over-by-name",
      breaks: "Confirming `over` removes whatever stands under the name.",
      kills: ["registry/claims/confirming-over-spares-the-successor"],
    },
    "over",
  ),
  registryMutant(
    {
      id: "confirmed-twice-is-over",
      breaks: "Confirming `expired` again confirms `over`.",
      kills: ["registry/claims/confirmed-twice-is-once"],
    },
    (real) => {
      const confirmed = new Set<number>();
      return {
        async confirmMany(claims, call) {
          const next = claims.map(({ registration, step }): ReapClaim => {
            const isAgain = step === "expired" && confirmed.has(registration.epoch);
            confirmed.add(registration.epoch);
            return { registration, step: isAgain ? "over" : step };
          });
          await real.confirmMany(next, call);
        },
      };
    },
  ),
  registryMutant(
    {
      id: "old-claim-ends-the-new-life",
      breaks: "Confirming a claim that is void confirms the step that the new life is at.",
      kills: ["registry/claims/void-over-the-expired"],
    },
    (real) => {
      const latest = new Map<string, ReapClaim>();
      return {
        async reap(options, call) {
          const claims = await real.reap(options, call);
          for (const claim of claims) latest.set(claim.registration.identity, claim);
          return claims;
        },
        confirmMany: async (claims, call) =>
          real.confirmMany(
            claims.map((claim) => latest.get(claim.registration.identity) ?? claim),
            call,
          ),
      };
    },
  ),
];

function confirmingByName(about: Omit<Mutant, "of">, step: ReapClaim["step"]): Mutant {
  return registryMutant(about, (real: RegistryBackend) => ({
    async confirmMany(claims, call) {
      await real.confirmMany(claims, call);
      for (const claim of claims) {
        const current = claim.step === step ? await realGet(real, claim.registration.identity, call) : undefined;
        if (current) await real.deleteMany([{ identity: current.identity, epoch: current.epoch }], call);
      }
    },
  }));
}

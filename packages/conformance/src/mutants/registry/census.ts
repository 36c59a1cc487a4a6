import { SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "./support.ts";

export const censusMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "census-without-the-expired",
      breaks: "A census counts only what lives.",
      kills: ["registry/census/counts-through-life-and-end", "registry/deletes/absent-once-expired"],
    },
    (real) => ({
      async census(call) {
        const { counted, expired } = await real.census(call);
        return { counted: counted - expired, expired };
      },
    }),
  ),
  registryMutant(
    {
      id: "census-of-the-expired-alone",
      breaks: "Whoever only wants to know whether most have expired is told that all have.",
      kills: ["registry/census/counts-through-life-and-end"],
    },
    (real) => ({
      async census(call, { minExpired } = {}) {
        const { counted, expired } = await real.census(call);
        return { counted: minExpired === undefined ? counted : expired, expired };
      },
    }),
  ),
  registryMutant(
    {
      id: "census-forgets-the-claimed",
      breaks: "What has expired is no longer counted as soon as its step is claimed.",
      kills: ["registry/census/counts-through-life-and-end", "registry/claims/never-skip-a-step"],
    },
    (real) => {
      let claimed = 0;
      return {
        async reap(options, call) {
          const claims = await real.reap(options, call);
          claimed += claims.filter(({ step }) => step === "expired").length;
          return claims;
        },
        async census(call) {
          const { counted, expired } = await real.census(call);
          const left = Math.max(0, expired - claimed);
          return { counted: counted - (expired - left), expired: left };
        },
      };
    },
  ),
  registryMutant(
    {
      id: "census-of-tombstones",
      breaks: "What has expired is counted until its tombstone is gone.",
      kills: ["registry/census/counts-through-life-and-end", "registry/claims/confirmed-twice-is-once"],
    },
    (real) => {
      const tombstones = new Set<string>();
      return {
        async confirmMany(claims, call) {
          for (const { registration, step } of claims) {
            if (step === "expired") tombstones.add(registration.identity);
            else tombstones.delete(registration.identity);
          }
          await real.confirmMany(claims, call);
        },
        async census(call) {
          const { counted, expired } = await real.census(call);
          return { counted: counted + tombstones.size, expired: expired + tombstones.size };
        },
      };
    },
  ),
  registryMutant(
    {
      id: "census-of-writes",
      breaks: "A census counts what has been stored, not what stands.",
      kills: ["registry/census/counts-identities-not-writes", "registry/census/a-take-over-is-no-longer-expired"],
    },
    (real) => {
      let counted = 0;
      return {
        async setMany(entries, call) {
          const outcomes = await real.setMany(entries, call);
          counted += outcomes.filter(
            (one) => "stored" in one && !one.stored.identity.startsWith(SESSION_PREFIX),
          ).length;
          return outcomes;
        },
        census: async (call) => ({ ...(await real.census(call)), counted }),
      };
    },
  ),
  registryMutant(
    {
      id: "once-expired-always-expired",
      breaks: "A census counts as expired whatever has been, also after somebody registered over it.",
      kills: ["registry/census/a-take-over-is-no-longer-expired"],
    },
    (real) => {
      let most = 0;
      return {
        async setMany(entries, call) {
          most = Math.max(most, (await real.census(call)).expired);
          return real.setMany(entries, call);
        },
        census: async (call) => ({ counted: (await real.census(call)).counted, expired: most }),
      };
    },
  ),
  registryMutant(
    {
      id: "count-cut-at-twenty",
      breaks: "A count ends with its first page.",
      kills: ["registry/census/counts-as-many-as-a-scan"],
    },
    (real) => {
      const { counts } = real;
      return counts
        ? { counts: { count: async (filter, call) => Math.min(20, await counts.count(filter, call)) } }
        : {};
    },
  ),
];

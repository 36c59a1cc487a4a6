import type { Mutant } from "../../mutant.ts";
import { realGet, realRenew, realSet, registryMutant, renewingEach, translated } from "./support.ts";
import { Memory } from "./ghosts.ts";

export const renewalMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "renewal-forgets-the-ttl",
      breaks: "A renewal without a TTL of its own leaves the expiry as it was.",
      kills: ["registry/renewals/extend-by-the-stored-ttl"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        const isPlain = lease.ttlMs === undefined && lease.expiresAt === undefined;
        if (isPlain && current?.epoch === lease.epoch) return current.expiresAt ?? "never";
        return realRenew(real, lease, call);
      }),
  ),
  registryMutant(
    {
      id: "renewal-only-says-so",
      breaks: "A renewal answers with a later expiry and stores none.",
      kills: [
        "registry/renewals/extend-by-the-stored-ttl",
        "registry/renewals/take-a-new-ttl",
        "registry/renewals/keep-alive",
        "registry/renewals/touch-nothing-else",
      ],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        const ttlMs = lease.ttlMs ?? current?.ttlMs;
        if (current?.epoch !== lease.epoch || current.expiresAt === undefined || ttlMs === undefined)
          return realRenew(real, lease, call);
        return Date.now() + ttlMs;
      }),
  ),
  registryMutant(
    {
      id: "renewal-ttl-not-stored",
      breaks: "A TTL given to a renewal counts only for that one.",
      kills: ["registry/renewals/take-a-new-ttl", "registry/renewals/never-for-the-session-bound"],
    },
    (real) => {
      const stored = new Map<string, number | undefined>();
      return {
        ...translated(real, {
          back: (route) => (stored.has(route.identity) ? { ...route, ttlMs: stored.get(route.identity) } : route),
        }),
        ...renewingEach(async (lease, call) => {
          const before = await realGet(real, lease.identity, call);
          if (before && !stored.has(lease.identity)) stored.set(lease.identity, before.ttlMs);
          const ttlMs = lease.ttlMs ?? stored.get(lease.identity);
          return realRenew(real, { ...lease, ...(ttlMs === undefined ? {} : { ttlMs }) }, call);
        }),
      };
    },
  ),
  registryMutant(
    {
      id: "renewal-never-shortens",
      breaks: "A renewal with a shorter TTL leaves the later expiry in place.",
      kills: ["registry/renewals/take-a-new-ttl", "registry/renewals/keep-alive"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        const isLater = (current?.expiresAt ?? 0) > Date.now() + (lease.ttlMs ?? Number.POSITIVE_INFINITY);
        if (isLater && current?.epoch === lease.epoch) return current.expiresAt ?? "never";
        return realRenew(real, lease, call);
      }),
  ),
  registryMutant(
    {
      id: "renewal-is-an-update",
      breaks: "A renewal writes the registration again, as another attempt at a further revision.",
      kills: ["registry/renewals/touch-nothing-else"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        if (current?.epoch !== lease.epoch || current.expiresAt === undefined) return realRenew(real, lease, call);
        const { epoch } = current;
        const rewritten = { ...current, sessionBound: false, attempt: `${current.attempt}+`, mode: { epoch } };
        await realSet(real, rewritten, call);
        return realRenew(real, lease, call);
      }),
  ),
  registryMutant(
    {
      id: "renewal-revives-the-dead",
      breaks: "A renewal stores again what has expired.",
      kills: ["registry/renewals/revive-nothing", "registry/sessions/expire-for-good"],
    },
    (real) => {
      const memory = new Memory();
      return {
        ...memory.watching(real),
        ...renewingEach(async (lease, call) => {
          const outcome = await realRenew(real, lease, call);
          const dead = memory.get(lease.identity);
          if (outcome !== "absent" || dead?.epoch !== lease.epoch) return outcome;
          const revived = { ...dead, ttlMs: lease.ttlMs ?? dead.ttlMs, sessionBound: false, mode: "create" } as const;
          await realSet(real, { ...revived, attempt: `${dead.attempt}+` }, call);
          return Date.now() + (revived.ttlMs ?? 0);
        }),
      };
    },
  ),
  registryMutant(
    {
      id: "renewal-upserts",
      breaks: "A renewal of what is not there stores it.",
      kills: ["registry/renewals/absent-where-nothing-stands"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const outcome = await realRenew(real, lease, call);
        if (outcome !== "absent") return outcome;
        const empty = { metadata: {}, session: undefined, address: undefined, sessionBound: false } as const;
        const { identity, ttlMs } = lease;
        await realSet(real, { ...empty, identity, ttlMs, attempt: `renew ${identity}`, mode: "create" }, call);
        return "absent";
      }),
  ),
  registryMutant(
    {
      id: "renewal-unbinds",
      breaks: "Renewing a session-bound registration gives it an expiry of its own.",
      kills: ["registry/renewals/never-for-the-session-bound"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const outcome = await realRenew(real, lease, call);
        const current = outcome === "never" ? await realGet(real, lease.identity, call) : undefined;
        if (current?.ttlMs === undefined) return outcome;
        return realRenew(real, { ...lease, expiresAt: Date.now() + current.ttlMs }, call);
      }),
  ),
  registryMutant(
    {
      id: "never-is-absent",
      breaks: "Renewing what has no expiry answers that it isn't there.",
      kills: [
        "registry/renewals/never-for-the-session-bound",
        "registry/renewals/never-without-a-ttl",
        "registry/stamps/leave-the-eternal-alone",
      ],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const outcome = await realRenew(real, lease, call);
        return outcome === "never" ? "absent" : outcome;
      }),
  ),
];

import type { Mutant } from "../../mutant.ts";
import { realGet, realRenew, realSet, registryMutant, renewingEach } from "./support.ts";

export const stampMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "stamps-are-ignored",
      breaks: "A renewal that names an instant renews as any other.",
      kills: [
        "registry/stamps/make-the-session-bound-expire",
        "registry/stamps/end-the-binding",
        "registry/stamps/in-the-past-end-at-once",
        "registry/stamps/extend-what-expires-earlier",
      ],
    },
    (real) => renewingEach(async ({ identity, epoch }, call) => realRenew(real, { identity, epoch }, call)),
  ),
  registryMutant(
    {
      id: "stamp-shortens",
      breaks: "A stamp makes a registration expire earlier than it would.",
      kills: ["registry/stamps/never-shorten"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        const { identity, epoch, expiresAt } = lease;
        if (expiresAt === undefined || current?.expiresAt === undefined || expiresAt > current.expiresAt)
          return realRenew(real, lease, call);
        await realRenew(real, { identity, epoch, ttlMs: Math.max(1, expiresAt - Date.now()) }, call);
        return expiresAt;
      }),
  ),
  registryMutant(
    {
      id: "stamp-keeps-the-binding",
      breaks: "After a stamp a registration is still session-bound: its renewals answer `never`.",
      kills: ["registry/stamps/end-the-binding"],
    },
    (real) => {
      const stamped = new Set<string>();
      return renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        if (lease.expiresAt !== undefined && current?.expiresAt === undefined) stamped.add(lease.identity);
        else if (stamped.has(lease.identity)) return "never";
        return realRenew(real, lease, call);
      });
    },
  ),
  registryMutant(
    {
      id: "stamp-from-now",
      breaks: "A stamp in the past is taken for one of just now, plus the TTL.",
      kills: ["registry/stamps/in-the-past-end-at-once"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const { expiresAt } = lease;
        if (expiresAt === undefined || expiresAt > Date.now()) return realRenew(real, lease, call);
        const current = await realGet(real, lease.identity, call);
        return realRenew(real, { ...lease, expiresAt: Date.now() + (current?.ttlMs ?? 0) }, call);
      }),
  ),
  registryMutant(
    {
      id: "stamp-ends-the-eternal",
      breaks: "A stamp makes a registration expire that never would.",
      kills: ["registry/stamps/leave-the-eternal-alone"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const outcome = await realRenew(real, lease, call);
        const current = outcome === "never" ? await realGet(real, lease.identity, call) : undefined;
        if (lease.expiresAt === undefined || current === undefined) return outcome;
        const ttlMs = lease.expiresAt - Date.now();
        const attempt = `${current.attempt}+`;
        await realSet(real, { ...current, ttlMs, sessionBound: false, attempt, mode: "replace" }, call);
        return lease.expiresAt;
      }),
  ),
  registryMutant(
    {
      id: "stamp-changes-the-ttl",
      breaks: "A stamp stores what is left until then as the TTL.",
      kills: ["registry/stamps/make-the-session-bound-expire", "registry/stamps/extend-what-expires-earlier"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        if (lease.expiresAt === undefined) return realRenew(real, lease, call);
        return realRenew(real, { ...lease, ttlMs: Math.max(1, lease.expiresAt - Date.now()) }, call);
      }),
  ),
];

import type { Call, Registration, RegistryBackend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import {
  deletingEach,
  realDelete,
  realGet,
  realRenew,
  realSet,
  registryMutant,
  renewingEach,
  settingEach,
} from "./support.ts";

export const raceMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "delete-checks-then-deletes",
      breaks: "A delete compares the epoch, and deletes by name in a second step.",
      kills: ["registry/races/a-delete-never-takes-the-successor"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const checked = await realGet(real, key.identity, call);
        if ("attempt" in key || checked?.epoch !== key.epoch) return realDelete(real, key, call);
        const standing = await meanwhile(real, key.identity, call);
        return realDelete(real, { identity: key.identity, epoch: standing?.epoch ?? key.epoch }, call);
      }),
  ),
  registryMutant(
    {
      id: "update-fences-then-sets",
      breaks: "An update compares the epoch, and stores by name in a second step.",
      kills: ["registry/races/an-update-never-lands-in-the-successor"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const { mode, identity } = entry;
        const checked = await realGet(real, identity, call);
        if (typeof mode !== "object" || checked?.epoch !== mode.epoch) return realSet(real, entry, call);
        const standing = await meanwhile(real, identity, call);
        return realSet(real, { ...entry, mode: { ...mode, epoch: standing?.epoch ?? mode.epoch } }, call);
      }),
  ),
  registryMutant(
    {
      id: "renewal-fences-then-renews",
      breaks: "A renewal compares the epoch, and renews by name in a second step.",
      kills: ["registry/races/a-renewal-never-extends-the-successor"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const checked = await realGet(real, lease.identity, call);
        if (checked?.epoch !== lease.epoch) return realRenew(real, lease, call);
        const standing = await meanwhile(real, lease.identity, call);
        return realRenew(real, { ...lease, epoch: standing?.epoch ?? lease.epoch }, call);
      }),
  ),
  registryMutant(
    {
      id: "confirmation-checks-then-ends",
      breaks: "A confirmation looks whether anybody has registered since, and ends by name in a second step.",
      kills: ["registry/races/a-confirmation-never-ends-the-successor"],
    },
    (real) => ({
      async confirmMany(claims, call) {
        for (const { registration } of claims) {
          if (await realGet(real, registration.identity, call)) continue;
          const standing = await meanwhile(real, registration.identity, call);
          if (standing) await realDelete(real, { identity: standing.identity, epoch: standing.epoch }, call);
        }
        await real.confirmMany(claims, call);
      },
    }),
  ),
];

/** What stands after a moment in which others write. */
async function meanwhile(real: RegistryBackend, identity: string, call: Call): Promise<Registration | undefined> {
  for (let turn = 0; turn < 3; turn++) await real.census(call);
  return realGet(real, identity, call);
}

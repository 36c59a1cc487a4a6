import type { Mutant } from "../../mutant.ts";
import {
  deletingEach,
  isUpdate,
  realDelete,
  realGet,
  realRenew,
  registryMutant,
  renewingEach,
  translated,
} from "./support.ts";

export const epochMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "epochs-go-backwards",
      breaks: "Each life has a smaller epoch than the one before.",
      kills: [
        "registry/epochs/grow-when-replaced",
        "registry/epochs/grow-after-a-delete",
        "registry/epochs/grow-after-an-expiry",
        "registry/replace/takes-over-a-live-one",
        "registry/replace/stores-where-nothing-stands",
        "registry/replace/a-race-leaves-the-last-epoch",
        "registry/create/takes-over-an-expired-one",
      ],
    },
    (real) =>
      translated(real, {
        epoch: (epoch) => Number.MAX_SAFE_INTEGER - epoch,
        back: (route) => ({ ...route, epoch: Number.MAX_SAFE_INTEGER - route.epoch }),
      }),
  ),
  registryMutant(
    {
      id: "epochs-begin-again",
      breaks: "The epoch of an identity starts over once nothing of it stands.",
      kills: ["registry/epochs/grow-after-a-delete", "registry/epochs/grow-after-an-expiry"],
    },
    (real) => {
      const bases = new Map<string, number>();
      const baseOf = (identity: string): number => bases.get(identity) ?? 0;
      const beginning = new Set<string>();
      const said = translated(real, {
        epoch: (epoch, identity) => epoch + baseOf(identity),
        back: (route) => {
          if (beginning.delete(route.identity)) bases.set(route.identity, route.epoch - 1);
          return { ...route, epoch: route.epoch - baseOf(route.identity) };
        },
      });
      return {
        ...said,
        async setMany(entries, call) {
          for (const entry of entries) {
            if (!isUpdate(entry) && !(await realGet(real, entry.identity, call))) beginning.add(entry.identity);
          }
          return said.setMany?.(entries, call) ?? [];
        },
      };
    },
  ),
  registryMutant(
    {
      id: "epochs-are-no-integers",
      breaks: "Epochs are fractions of the time.",
      kills: ["registry/create/stores-what-it-was-given", "registry/epochs/grow-when-replaced"],
    },
    (real) =>
      translated(real, {
        epoch: (epoch) => Math.round(epoch * 1000),
        back: (route) => ({ ...route, epoch: route.epoch / 1000 + 0.0001 }),
      }),
  ),
  registryMutant(
    {
      id: "renewals-are-not-fenced",
      breaks: "A renewal that names another epoch renews whatever stands.",
      kills: ["registry/epochs/fence-renewals"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        return realRenew(real, { ...lease, epoch: current?.epoch ?? lease.epoch }, call);
      }),
  ),
  registryMutant(
    {
      id: "renewals-fence-by-order",
      breaks: "A renewal that names a larger epoch than the one that stands is carried out.",
      kills: ["registry/epochs/fence-renewals"],
    },
    (real) =>
      renewingEach(async (lease, call) => {
        const current = await realGet(real, lease.identity, call);
        return realRenew(real, { ...lease, epoch: Math.min(current?.epoch ?? lease.epoch, lease.epoch) }, call);
      }),
  ),
  registryMutant(
    {
      id: "delete-by-name",
      breaks: "A delete that names another epoch deletes whatever stands.",
      kills: ["registry/epochs/fence-deletes"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const current = await realGet(real, key.identity, call);
        if ("attempt" in key || current === undefined) return realDelete(real, key, call);
        return realDelete(real, { identity: key.identity, epoch: current.epoch }, call);
      }),
  ),
  registryMutant(
    {
      id: "fenced-but-deleted",
      breaks: "A delete by a larger epoch is said to be fenced, and deletes.",
      kills: ["registry/epochs/fence-deletes"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const current = "epoch" in key ? await realGet(real, key.identity, call) : undefined;
        const outcome = await realDelete(real, key, call);
        if (current && "epoch" in key && key.epoch > current.epoch)
          await realDelete(real, { identity: key.identity, epoch: current.epoch }, call);
        return outcome;
      }),
  ),
];

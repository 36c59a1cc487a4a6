import type { Mutant } from "../../mutant.ts";
import { deletingEach, realDelete, realGet, realRenew, registryMutant } from "./support.ts";

export const deleteMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "delete-lets-expire",
      breaks: "A delete makes the registration expire at once, so that its end is reaped.",
      kills: ["registry/deletes/removes-at-once", "registry/deletes/leaves-nothing-to-reap"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const current = await realGet(real, key.identity, call);
        if (!("epoch" in key) || current?.epoch !== key.epoch) return realDelete(real, key, call);
        const { identity, epoch } = key;
        return (await realRenew(real, { identity, epoch, ttlMs: 1 }, call)) === "never" ? "absent" : "deleted";
      }),
  ),
  registryMutant(
    {
      id: "deletes-the-expired",
      breaks: "A delete says of what is no longer there that it was deleted.",
      kills: ["registry/deletes/absent-once-expired", "registry/deletes/removes-at-once"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const outcome = await realDelete(real, key, call);
        return outcome === "absent" ? "deleted" : outcome;
      }),
  ),
];

import type { Mutant } from "../../mutant.ts";
import {
  isUpdate,
  realGet,
  realRenew,
  realSet,
  registryMutant,
  settingEach,
  translated,
  withStored,
} from "./support.ts";

export const updateMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "update-resets-registered-at",
      breaks: "An update says that it registered just now.",
      kills: ["registry/update/rewrites-and-keeps"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        return isUpdate(entry)
          ? withStored(outcome, (stored) => ({ ...stored, registeredAt: stored.registeredAt + 1 }))
          : outcome;
      }),
  ),
  registryMutant(
    {
      id: "update-is-a-sign-of-life",
      breaks: "An update renews.",
      kills: ["registry/update/rewrites-and-keeps"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        if (!isUpdate(entry) || "refused" in outcome) return outcome;
        const { identity, epoch } = outcome.stored;
        await realRenew(real, { identity, epoch }, call);
        return { stored: (await realGet(real, identity, call)) ?? outcome.stored };
      }),
  ),
  registryMutant(
    {
      id: "update-clears-the-expiry",
      breaks: "An updated registration no longer expires.",
      kills: ["registry/update/rewrites-and-keeps"],
    },
    (real) =>
      translated(real, {
        back: (route) => ("revision" in route && route.revision > 1 ? { ...route, expiresAt: undefined } : route),
      }),
  ),
  registryMutant(
    {
      id: "update-merges-metadata",
      breaks: "An update keeps the fields of the old metadata that the new one doesn't have.",
      kills: ["registry/update/rewrites-and-keeps"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = isUpdate(entry) ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, { ...entry, metadata: { ...current?.metadata, ...entry.metadata } }, call);
      }),
  ),
  registryMutant(
    {
      id: "update-keeps-the-attempt",
      breaks: "An update leaves the attempt of the register call in place.",
      kills: ["registry/update/rewrites-and-keeps"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = isUpdate(entry) ? await realGet(real, entry.identity, call) : undefined;
        const outcome = await realSet(real, entry, call);
        return current ? withStored(outcome, (stored) => ({ ...stored, attempt: current.attempt })) : outcome;
      }),
  ),
  registryMutant(
    {
      id: "update-begins-a-new-life",
      breaks: "An update stores a registration of another epoch.",
      kills: ["registry/update/rewrites-and-keeps", "registry/update/counts-the-revision"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        if (!isUpdate(entry) || "refused" in outcome) return outcome;
        return realSet(real, { ...entry, attempt: `${entry.attempt}+`, mode: "replace" }, call);
      }),
  ),
  registryMutant(
    {
      id: "revision-stuck",
      breaks: "The revision is always 1.",
      kills: ["registry/update/counts-the-revision", "registry/update/concurrent-ones-all-count"],
    },
    (real) => translated(real, { back: (route) => ({ ...route, revision: 1 }) }),
  ),
  registryMutant(
    {
      id: "update-ignores-the-epoch",
      breaks: "An update is stored into whatever life stands.",
      kills: ["registry/update/fenced-by-another-epoch"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = isUpdate(entry) ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, current ? { ...entry, mode: { epoch: current.epoch } } : entry, call);
      }),
  ),
  registryMutant(
    {
      id: "update-from-the-future",
      breaks: "An update that names a larger epoch than the one that stands is stored.",
      kills: ["registry/update/fenced-by-another-epoch"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const { mode } = entry;
        const current = typeof mode === "object" ? await realGet(real, entry.identity, call) : undefined;
        const isNewer = typeof mode === "object" && current !== undefined && mode.epoch > current.epoch;
        return realSet(real, isNewer ? { ...entry, mode: { epoch: current.epoch } } : entry, call);
      }),
  ),
  registryMutant(
    {
      id: "update-upserts",
      breaks: "An update creates a registration where none stands.",
      kills: ["registry/update/fenced-where-nothing-stands"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        if (!isUpdate(entry) || (await realGet(real, entry.identity, call))) return realSet(real, entry, call);
        return realSet(real, { ...entry, mode: "create" }, call);
      }),
  ),
  registryMutant(
    {
      id: "update-ignores-the-revision",
      breaks: "An update is stored whatever revision it expects.",
      kills: ["registry/update/conflicts-with-another-revision", "registry/update/one-winner-per-revision"],
    },
    (real) =>
      translated(real, {
        entry: (entry) => (typeof entry.mode === "object" ? { ...entry, mode: { epoch: entry.mode.epoch } } : entry),
      }),
  ),
  registryMutant(
    {
      id: "update-checks-then-sets",
      breaks: "An update compares the revision, and stores in a second step.",
      kills: ["registry/update/one-winner-per-revision"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const { mode } = entry;
        if (typeof mode !== "object" || mode.revision === undefined) return realSet(real, entry, call);
        const current = await realGet(real, entry.identity, call);
        if (current && current.epoch === mode.epoch && current.revision !== mode.revision)
          return { refused: "conflict", current };
        return realSet(real, { ...entry, mode: { epoch: mode.epoch } }, call);
      }),
  ),
  registryMutant(
    {
      id: "update-minds-the-revision-unasked",
      breaks: "An update that expects no revision is refused when another one was quicker.",
      kills: ["registry/update/concurrent-ones-all-count"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const { mode } = entry;
        if (typeof mode !== "object" || mode.revision !== undefined) return realSet(real, entry, call);
        const revision = (await realGet(real, entry.identity, call))?.revision ?? 1;
        return realSet(real, { ...entry, mode: { epoch: mode.epoch, revision } }, call);
      }),
  ),
  registryMutant(
    {
      id: "unbinding-backdates-the-ttl",
      breaks: "An update from session-bound counts the TTL from when the registration began.",
      kills: ["registry/update/binding-takes-the-expiry-away"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = isUpdate(entry) ? await realGet(real, entry.identity, call) : undefined;
        const outcome = await realSet(real, entry, call);
        if (current === undefined || current.expiresAt !== undefined) return outcome;
        return withStored(outcome, (stored) => ({
          ...stored,
          expiresAt: stored.ttlMs === undefined ? undefined : stored.registeredAt + stored.ttlMs,
        }));
      }),
  ),
];

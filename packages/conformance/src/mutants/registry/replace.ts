import type { SetOutcome } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, realSet, registryMutant, settingEach, sharedMutant, translated, withStored } from "./support.ts";

export const replaceMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "replace-merges-metadata",
      breaks: "Replace keeps the fields of the old metadata that the new one doesn't have.",
      kills: ["registry/replace/keeps-nothing"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "replace" ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, { ...entry, metadata: { ...current?.metadata, ...entry.metadata } }, call);
      }),
  ),
  registryMutant(
    {
      id: "replace-keeps-the-old-ttl",
      breaks: "Replace without a TTL keeps that of the registration it replaces.",
      kills: ["registry/replace/keeps-nothing"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "replace" ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, { ...entry, ttlMs: entry.ttlMs ?? current?.ttlMs }, call);
      }),
  ),
  registryMutant(
    {
      id: "replace-keeps-the-address",
      breaks: "Replace without an address leaves messages going where they went.",
      kills: ["registry/replace/keeps-nothing"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "replace" ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, { ...entry, address: entry.address ?? current?.address }, call);
      }),
  ),
  registryMutant(
    {
      id: "replace-refused-by-the-live",
      breaks: "Replace is refused as create is.",
      kills: ["registry/replace/takes-over-a-live-one"],
    },
    (real) => translated(real, { entry: (entry) => (entry.mode === "replace" ? { ...entry, mode: "create" } : entry) }),
  ),
  registryMutant(
    {
      id: "replace-updates",
      breaks: "Replace rewrites the life that stands instead of beginning another.",
      kills: ["registry/replace/takes-over-a-live-one", "registry/epochs/grow-when-replaced"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "replace" ? await realGet(real, entry.identity, call) : undefined;
        return realSet(real, current ? { ...entry, mode: { epoch: current.epoch } } : entry, call);
      }),
  ),
  registryMutant(
    {
      id: "replace-counts-on",
      breaks: "The revision goes on counting when a registration is replaced.",
      kills: ["registry/replace/takes-over-a-live-one"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = entry.mode === "replace" ? await realGet(real, entry.identity, call) : undefined;
        const outcome = await realSet(real, entry, call);
        const revision = (current?.revision ?? 0) + 1;
        return entry.mode === "replace" ? withStored(outcome, (stored) => ({ ...stored, revision })) : outcome;
      }),
  ),
  registryMutant(
    {
      id: "replace-needs-something-to-replace",
      breaks: "Replace is refused where nothing stands.",
      kills: ["registry/replace/stores-where-nothing-stands"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        if (entry.mode !== "replace" || (await realGet(real, entry.identity, call))) return realSet(real, entry, call);
        return entry.identity.startsWith("$") ? realSet(real, entry, call) : { refused: "fenced" };
      }),
  ),
  sharedMutant(
    {
      id: "replaces-at-once-share-a-life",
      breaks: "Two that replace one registration at once are both given the life of the first.",
      kills: ["registry/replace/a-race-leaves-the-last-epoch"],
    },
    () => {
      const running = new Map<string, Promise<SetOutcome>>();
      return (real) =>
        settingEach(async (entry, call) => {
          if (entry.mode !== "replace") return realSet(real, entry, call);
          const outcome = running.get(entry.identity) ?? realSet(real, entry, call);
          running.set(entry.identity, outcome);
          await outcome.finally(() => running.delete(entry.identity));
          return outcome;
        });
    },
  ),
];

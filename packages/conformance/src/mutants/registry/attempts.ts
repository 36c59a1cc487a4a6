import { randomUUID } from "node:crypto";
import { SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { deletingEach, realDelete, realGet, realSet, registryMutant, settingEach, translated } from "./support.ts";

export const attemptMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "same-attempt-twice-makes-two",
      breaks: "A repeated attempt is taken for another one.",
      kills: [
        "registry/attempts/a-repeated-create-gives-what-it-stored",
        "registry/attempts/a-repeated-replace-gives-what-it-stored",
        "registry/attempts/a-repeated-update-counts-once",
        "registry/attempts/repeated-when-its-session-has-died",
        "registry/attempts/at-once-are-one",
      ],
    },
    (real) =>
      translated(real, {
        entry: (entry) => ({ ...entry, attempt: `${entry.attempt}#${randomUUID()}` }),
        back: (route) => ("attempt" in route ? { ...route, attempt: String(route.attempt).split("#")[0] } : route),
      }),
  ),
  registryMutant(
    {
      id: "update-attempts-forgotten",
      breaks: "Only register calls are recognised when they are repeated, not updates.",
      kills: ["registry/attempts/a-repeated-update-counts-once"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const { mode } = entry;
        const current = typeof mode === "object" ? await realGet(real, entry.identity, call) : undefined;
        if (current === undefined || typeof mode !== "object" || current.attempt !== entry.attempt)
          return realSet(real, entry, call);
        if (mode.revision !== undefined) return { refused: "conflict", current };
        return realSet(real, { ...entry, attempt: `${entry.attempt}+` }, call);
      }),
  ),
  registryMutant(
    {
      id: "attempt-asked-after-session",
      breaks: "A repeated attempt is refused when the session it bound to has died meanwhile.",
      kills: ["registry/attempts/repeated-when-its-session-has-died"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        if (entry.sessionBound && !(await realGet(real, `${SESSION_PREFIX}${entry.session}`, call)))
          return { refused: "session" };
        return realSet(real, entry, call);
      }),
  ),
  registryMutant(
    {
      id: "attempt-checked-then-set",
      breaks: "Whether an attempt is repeated is looked up before storing, in a step of its own.",
      kills: ["registry/attempts/at-once-are-one"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = await realGet(real, entry.identity, call);
        if (current?.attempt === entry.attempt) return { stored: current };
        const outcome = await realSet(real, { ...entry, attempt: `${entry.attempt}#${randomUUID()}` }, call);
        return "stored" in outcome ? { stored: { ...outcome.stored, attempt: entry.attempt } } : outcome;
      }),
  ),
  registryMutant(
    {
      id: "delete-by-attempt-takes-the-successor",
      breaks: "A delete by attempt deletes whatever stands under the name.",
      kills: ["registry/attempts/a-delete-by-attempt-spares-the-successor"],
    },
    (real) =>
      deletingEach(async (key, call) => {
        const current = await realGet(real, key.identity, call);
        if ("epoch" in key || current === undefined) return realDelete(real, key, call);
        return realDelete(real, { identity: key.identity, epoch: current.epoch }, call);
      }),
  ),
  registryMutant(
    {
      id: "delete-by-attempt-does-nothing",
      breaks: "A delete by attempt says that it has deleted, and hasn't.",
      kills: ["registry/attempts/a-delete-by-attempt-undoes-a-register"],
    },
    (real) => deletingEach(async (key, call) => ("epoch" in key ? realDelete(real, key, call) : "deleted")),
  ),
];

import { setTimeout as wait } from "node:timers/promises";
import { SESSION_PREFIX } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { realGet, realSet, registryMutant, settingEach, translated } from "./support.ts";

/** Longer than a reaper takes to find out that a session has died. */
const SLOW_MS = 100;

export const sessionBoundMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "bound-expires-by-itself",
      breaks: "A session-bound registration expires after its TTL, whoever lives.",
      kills: [
        "registry/session-bound/does-not-expire-by-itself",
        "registry/session-bound/stands-until-it-is-stamped",
        "registry/update/binding-takes-the-expiry-away",
      ],
    },
    (real) => translated(real, { entry: (entry) => ({ ...entry, sessionBound: false }) }),
  ),
  registryMutant(
    {
      id: "bound-has-no-ttl",
      breaks: "The TTL of a session-bound registration is not stored.",
      kills: ["registry/session-bound/does-not-expire-by-itself", "registry/update/binding-takes-the-expiry-away"],
    },
    (real) => translated(real, { entry: (entry) => (entry.sessionBound ? { ...entry, ttlMs: undefined } : entry) }),
  ),
  registryMutant(
    {
      id: "bound-dies-with-its-session",
      breaks: "A session-bound registration is hidden as soon as its session is dead.",
      kills: ["registry/session-bound/stands-until-it-is-stamped"],
    },
    (real) => ({
      async getMany(identities, call) {
        const found = await real.getMany(identities, call);
        return Promise.all(
          found.map(async (one) => {
            if (one?.session === undefined || one.expiresAt !== undefined) return one;
            return (await realGet(real, SESSION_PREFIX + one.session, call)) && one;
          }),
        );
      },
    }),
  ),
  registryMutant(
    {
      id: "bound-to-the-dead",
      breaks: "Binding to a session that doesn't live is stored.",
      kills: [
        "registry/session-bound/refused-without-a-session",
        "registry/session-bound/refused-when-its-session-has-expired",
        "registry/session-bound/refused-when-its-session-is-gone",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const outcome = await realSet(real, entry, call);
        if ("stored" in outcome || outcome.refused !== "session") return outcome;
        return realSet(real, { ...entry, ttlMs: undefined, sessionBound: false }, call);
      }),
  ),
  registryMutant(
    {
      id: "refused-but-stored",
      breaks: "Binding to a dead session is refused, but only after what stood there has been deleted.",
      kills: [
        "registry/session-bound/refused-without-a-session",
        "registry/session-bound/refused-when-its-session-has-expired",
        "registry/session-bound/refused-when-its-session-is-gone",
      ],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const current = await realGet(real, entry.identity, call);
        const outcome = await realSet(real, entry, call);
        if (current && "refused" in outcome && outcome.refused === "session")
          await real.deleteMany([{ identity: entry.identity, epoch: current.epoch }], call);
        return outcome;
      }),
  ),
  registryMutant(
    {
      id: "bound-behind-the-reaper",
      breaks: "Binding looks whether the session lives, and stores in a second step.",
      kills: ["registry/session-bound/none-behind-its-reaper"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        if (!entry.sessionBound || entry.session === undefined) return realSet(real, entry, call);
        const session = SESSION_PREFIX + entry.session;
        if ((await realGet(real, session, call)) === undefined) return { refused: "session" };
        await wait(SLOW_MS);
        return realSet(real, { ...entry, ttlMs: undefined, sessionBound: false }, call);
      }),
  ),
];

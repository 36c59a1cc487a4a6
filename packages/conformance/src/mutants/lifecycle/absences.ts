/** What clients make of a server that does not answer, be it gone (`UNAVAILABLE`) or slow (`TIMEOUT`). */

import { isMusterError, MusterError } from "@muster/core/slots";
import type { Subject } from "../../subject.ts";
import { withClients } from "./around.ts";

type Absence = "UNAVAILABLE" | "TIMEOUT";

/** Whoever has met it once does not ask the server again. */
export function lostForGood(subject: Subject, code: Absence): Subject {
  return withClients(subject, () => {
    let lost: MusterError | undefined;
    return {
      around: async (_, call, run) => {
        if (lost !== undefined) throw lost;
        try {
          return await run(call);
        } catch (error) {
          if (isMusterError(error, code)) lost = error;
          throw error;
        }
      },
    };
  });
}

/** Whatever fails with it is said to have had no effect. */
export function sayingUndone(subject: Subject, code: Absence): Subject {
  return withClients(subject, () => ({
    around: async (_, call, run) => {
      try {
        return await run(call);
      } catch (error) {
        if (!isMusterError(error, code)) throw error;
        throw new MusterError({ code, source: error.source, message: "the server does not answer" });
      }
    },
  }));
}

/** Opening resolves where it should reject with it. */
export function openingAllTheSame(subject: Subject, code: Absence): Subject {
  return withClients(subject, (real) => ({
    open: async (scope, call) =>
      real.open(scope, call).catch((error: unknown) => {
        if (!isMusterError(error, code)) throw error;
      }),
  }));
}

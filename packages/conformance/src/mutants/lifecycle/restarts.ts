/** Mutants that take a restarted server for another one. */

import { MusterError, type Registration } from "@muster/core/slots";
import { type Mutant, withRegistry } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { withClients } from "./around.ts";

/** The subject, and how often its server has been restarted. */
function countingRestarts(subject: Subject): { readonly subject: Subject; count(): number } {
  const { faults } = subject;
  let restarts = 0;
  const restart = async (): Promise<void> => {
    await faults?.restart?.();
    restarts += 1;
  };
  return { subject: faults?.restart ? { ...subject, faults: { ...faults, restart } } : subject, count: () => restarts };
}

function torn(one: Registration): Registration {
  return { ...one, metadata: {} };
}

export const restartMutants: readonly Mutant[] = [
  {
    id: "restart-leaves-clients-behind",
    breaks: "Clients know only the server that they were opened with, not the one that takes its place.",
    kills: ["registry/lifecycle/restarted-server", "messaging/lifecycle/restarted-server"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withClients(subject, ({ name }) => {
        const born = count();
        return {
          around: async (operation, call, run) => {
            if (count() === born) return run(call);
            const message = "the server has gone";
            throw new MusterError({ code: "UNAVAILABLE", source: `${name}.${operation}`, message });
          },
        };
      });
    },
  },
  {
    id: "restart-tears-records",
    breaks: "What a server has written last it finds again without its metadata.",
    kills: ["registry/lifecycle/restarted-server-knows-all-or-nothing"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withRegistry(subject, (real) => ({
        async getMany(identities, call) {
          const found = await real.getMany(identities, call);
          return count() === 0 ? found : found.map((one) => one && torn(one));
        },
      }));
    },
  },
];

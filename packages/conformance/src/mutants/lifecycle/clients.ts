/** Mutants that open and close in a wrong way. */

import type { Backend } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { never, ownCall } from "../support.ts";
import { type ClientFault, withClients } from "./around.ts";

type Names = readonly [string, ...string[]];

/** Killed by the cases of these names, in every slot. */
function clientMutant(
  id: string,
  breaks: string,
  [first, ...more]: Names,
  fault: (real: Backend) => ClientFault,
): Mutant {
  const inEach = (name: string): [string, ...string[]] => [
    `registry/lifecycle/${name}`,
    `messaging/lifecycle/${name}`,
    `durability/lifecycle/${name}`,
    `outbox/lifecycle/${name}`,
  ];
  return {
    id,
    breaks,
    kills: [...inEach(first), ...more.flatMap(inEach)],
    of: (subject) => withClients(subject, fault),
  };
}

export const clientMutants: readonly Mutant[] = [
  clientMutant("opens-twice", "Opening what is open resolves.", ["opened-once"], (real) => {
    let opened: Promise<void> | undefined;
    return {
      open: async (scope, call) => {
        opened ??= real.open(scope, call);
        return opened;
      },
    };
  }),
  clientMutant(
    "opens-after-close",
    "What has been closed can be opened, and is not.",
    ["never-opened-again"],
    (real) => {
      let isClosed = false;
      return {
        open: async (scope, call) => (isClosed ? undefined : real.open(scope, call)),
        async close(): Promise<void> {
          isClosed = true;
          await real.close();
        },
      };
    },
  ),
  clientMutant(
    "opens-when-given-up",
    "Opening goes on whether or not anyone has given it up.",
    ["opening-given-up"],
    (real) => ({
      open: async (scope) => real.open(scope, ownCall()),
    }),
  ),
  clientMutant("second-close-rejects", "Closing again rejects.", ["closed-twice"], (real) => {
    let isClosed = false;
    return {
      async close(): Promise<void> {
        if (isClosed) throw new Error("not open");
        isClosed = true;
        await real.close();
      },
    };
  }),
  clientMutant("second-close-hangs", "Closing what is being closed never resolves.", ["closed-twice"], (real) => {
    let isClosing = false;
    return {
      async close(): Promise<void> {
        if (isClosing) return never();
        isClosing = true;
        await real.close();
        isClosing = false;
      },
    };
  }),
  clientMutant(
    "close-hangs",
    "Closing never resolves.",
    ["never-opened-again", "closed-twice", "closed-alone"],
    (real) => ({
      async close(): Promise<void> {
        await real.close();
        return never();
      },
    }),
  ),
  clientMutant(
    "close-hangs-while-opening",
    "Closing what is opening never resolves.",
    ["closed-while-opening"],
    (real) => {
      let isOpening = false;
      return {
        async open(scope, call): Promise<void> {
          isOpening = true;
          await real.open(scope, call);
          isOpening = false;
        },
        close: async () => (isOpening ? never() : real.close()),
      };
    },
  ),
  clientMutant(
    "opens-behind-a-close",
    "What is closed while it opens is open afterwards.",
    ["closed-while-opening"],
    (real) => {
      let opening: Promise<void> | undefined;
      return {
        open: async (scope, call) => {
          opening = real.open(scope, call);
          await opening;
          opening = undefined;
        },
        close: async () => (opening ? undefined : real.close()),
      };
    },
  ),
  clientMutant("dispose-does-nothing", "Disposing of a client leaves it open.", ["disposed-of-is-closed"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
  {
    id: "close-closes-everyone",
    breaks: "Closing a client closes the connection that all of them share.",
    kills: [
      "registry/lifecycle/closed-alone",
      "messaging/lifecycle/closed-alone",
      "durability/lifecycle/closed-alone",
      "outbox/lifecycle/closed-alone",
    ],
    of: (subject) => {
      const all = new Set<Backend>();
      return withClients(subject, (real) => {
        all.add(real);
        return {
          async close(): Promise<void> {
            await Promise.all([...all].map(async (one) => one.close()));
          },
        };
      });
    },
  },
];

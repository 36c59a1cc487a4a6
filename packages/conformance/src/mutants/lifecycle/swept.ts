/** Mutants that are wrong about every operation alike. */

import { abortedError, type Backend, isMusterError, MusterError } from "@muster/core/slots";
import type { Slot } from "../../case.ts";
import { durabilityOperations } from "../../cases/lifecycle/durability-operations.ts";
import { messagingOperations, registryOperations, titleOf } from "../../cases/lifecycle/operations.ts";
import { outboxOperations } from "../../cases/lifecycle/outbox-operations.ts";
import { sweptId } from "../../cases/lifecycle/sweep.ts";
import type { Mutant } from "../../mutant.ts";
import { never, ownCall } from "../support.ts";
import { type ClientFault, withClients } from "./around.ts";

const SLOTS: readonly Slot[] = ["registry", "messaging", "durability", "outbox"];

function sweptMutant(
  about: Pick<Mutant, "id" | "breaks"> & { readonly kills: readonly string[] },
  fault: (real: Backend) => ClientFault,
): Mutant {
  const [first, ...more] = about.kills;
  if (first === undefined) throw new Error(`${about.id} kills nothing`);
  return { ...about, kills: [first, ...more], of: (subject) => withClients(subject, fault) };
}

/** The case about each operation in this situation. */
function each(situation: string): readonly string[] {
  const ids = (slot: Slot, names: readonly string[]): readonly string[] =>
    names.map((name) => sweptId(slot, name, situation));
  const messaging = messagingOperations.filter(({ needsOpen }) => situation !== "before-open" || needsOpen !== true);
  return [
    ...ids(
      "registry",
      registryOperations.map(({ name }) => name),
    ),
    ...ids("messaging", messaging.map(titleOf)),
    ...ids(
      "durability",
      durabilityOperations.map(({ name }) => name),
    ),
    ...ids(
      "outbox",
      outboxOperations.map(({ name }) => name),
    ),
  ];
}

function inEach(name: string): readonly string[] {
  return SLOTS.map((slot) => `${slot}/lifecycle/${name}`);
}

/** That anyone could see, or for certain: a transaction that is interrupted has none. */
const WITHOUT_EFFECT: readonly string[] = ["handleOnce", "extendMany", "sweep", "find", "counts", "deliveries", "list"];

function writes(situation: string): readonly string[] {
  const names = ["setMany", "renewMany", "deleteMany", "confirmMany", "reap"];
  const durable = durabilityOperations.map(({ name }) => name).filter((name) => !WITHOUT_EFFECT.includes(name));
  return [
    ...names.map((name) => sweptId("registry", name, situation)),
    ...["publishMany", "publishMany by column"].map((name) => sweptId("messaging", name, situation)),
    ...durable.map((name) => sweptId("durability", name, situation)),
    ...["releaseShards", "settleMany"].map((name) => sweptId("outbox", name, situation)),
  ];
}

/** An answer that looks like none of the kind asked for. */
function nothing<T>(operation: string): T {
  return (
    ["scan", "scanRoutes", "deliveries", "list"].includes(operation) ? { done: true, value: undefined } : []
  ) as T; // As untyped as a driver's.
}

/** What the work comes to; nothing ever, if the signal has aborted by then. */
async function settledUnless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const [end] = await Promise.allSettled([work]);
  return signal.aborted ? never() : end.status === "fulfilled" ? end.value : Promise.reject(end.reason as Error);
}

export const sweptMutants: readonly Mutant[] = [
  sweptMutant(
    {
      id: "usable-before-open",
      breaks: "A client that is not open answers as if nothing was there.",
      kills: each("before-open"),
    },
    (real) => {
      let isOpen = false;
      return {
        async open(scope, call): Promise<void> {
          await real.open(scope, call);
          isOpen = true;
        },
        around: async (operation, call, run) => (isOpen ? run(call) : nothing(operation)),
      };
    },
  ),
  sweptMutant(
    {
      id: "usable-after-close",
      breaks: "A client goes on working after close.",
      kills: [...each("after-close"), ...inEach("closed-twice"), "registry/lifecycle/pages-end-at-close"],
    },
    () => ({ close: async () => {} }),
  ),
  sweptMutant(
    {
      id: "abort-ignored",
      breaks: "Calls are carried out whether or not anyone has given them up.",
      kills: [
        ...each("given-up-before"),
        "registry/lifecycle/pages-end-when-given-up",
        "messaging/lifecycle/held-back-and-given-up",
      ],
    },
    () => ({ around: async (_, __, run) => run(ownCall()) }),
  ),
  sweptMutant(
    {
      id: "never-settles-once-given-up",
      breaks: "A call that is given up midway never settles.",
      kills: [...each("given-up-midway")],
    },
    () => ({
      around: async (_, call, run) => {
        if (call.signal.aborted) return run(call);
        return settledUnless(call.signal, run(ownCall()));
      },
    }),
  ),
  sweptMutant(
    {
      id: "given-up-means-undone",
      breaks: "Whoever gives up a call is told that it has had no effect.",
      // What a close interrupts of a recording is undone indeed.
      kills: [...writes("given-up-midway"), sweptId("outbox", "record", "given-up-midway")],
    },
    (real) => ({
      around: async (operation, call, run) => {
        if (call.signal.aborted) return run(call);
        const answer = await run(ownCall());
        if (call.signal.aborted) throw abortedError(call, `${real.name}.${operation}`);
        return answer;
      },
    }),
  ),
  sweptMutant(
    {
      id: "raw-driver-errors",
      breaks: "Errors leave as the driver threw them.",
      kills: [
        ...each("before-open"),
        ...each("after-close"),
        ...each("given-up-before"),
        ...inEach("unreachable-server"),
        "messaging/lifecycle/held-back-at-close",
      ],
    },
    () => ({
      around: async (_, call, run) => {
        try {
          return await run(call);
        } catch (error) {
          throw new Error("read ECONNRESET", { cause: error });
        }
      },
    }),
  ),
  sweptMutant(
    {
      id: "source-without-operation",
      breaks: "Errors say which backend they come from, and not from which operation.",
      kills: [...each("before-open"), ...inEach("unreachable-server")],
    },
    (real) => ({
      around: async (_, call, run) => {
        try {
          return await run(call);
        } catch (error) {
          if (!isMusterError(error, "CLOSED") && !isMusterError(error, "UNAVAILABLE")) throw error;
          const { code, message, mayHaveApplied } = error;
          throw new MusterError({ code, source: real.name, message, mayHaveApplied });
        }
      },
    }),
  ),
  sweptMutant(
    {
      id: "close-forgets-what-runs",
      breaks: "What runs when its client is closed never settles.",
      kills: each("running-at-close"),
    },
    (real) => {
      const closing = new AbortController();
      return {
        async close(): Promise<void> {
          closing.abort();
          await real.close();
        },
        around: async (_, call, run) => {
          if (closing.signal.aborted) return run(call);
          return settledUnless(closing.signal, run(call));
        },
      };
    },
  ),
  sweptMutant(
    {
      id: "closed-means-undone",
      breaks: "What a close has interrupted is told that it has had no effect.",
      kills: writes("running-at-close"),
    },
    () => ({
      around: async (_, call, run) => {
        try {
          return await run(call);
        } catch (error) {
          if (!isMusterError(error, "CLOSED")) throw error;
          throw new MusterError({ code: "CLOSED", source: error.source, message: "it has been closed" });
        }
      },
    }),
  ),
];

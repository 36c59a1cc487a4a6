/** Calls that take effect when they must not, and routes that are told of wrongly. */

import { type BatchFailure, type InboxOptions, isMusterError, type Outgoing } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import { ownCall } from "../support.ts";
import { withInboxes } from "./support.ts";

const ignoresAbort: Mutant = {
  id: "messaging-abort-ignored",
  breaks: "Publishing does not look at the signal of its call.",
  kills: ["messaging/call/given-up-before"],
  of: (subject) =>
    withMessaging(subject, (real) => ({ publishMany: async (batch) => real.publishMany(batch, ownCall()) })),
};

const abortsLate: Mutant = {
  id: "messaging-abort-after-the-fact",
  breaks: "addMany of a call that was given up rejects, and listens all the same.",
  kills: ["messaging/call/given-up-before"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async addMany(addresses, call): Promise<readonly BatchFailure[]> {
        if (call.signal.aborted) await real.addMany(addresses, ownCall());
        return real.addMany(addresses, call);
      },
    })),
};

const unchecked: Mutant = {
  id: "messaging-empty-batch-unchecked",
  breaks: "Publishing nothing succeeds on an object that is not open.",
  kills: ["messaging/call/not-open-yet"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) => (batch.length === 0 ? [] : real.publishMany(batch, call)),
    })),
};

const outlives: Mutant = {
  id: "messaging-usable-after-close",
  breaks: "What is published after close is sent.",
  kills: ["messaging/call/closed"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      const spare = subject.messaging?.() ?? real;
      let isClosed = false;
      return {
        async open(scope, call): Promise<void> {
          await real.open(scope, call);
          await spare.open(scope, call);
        },
        async close(): Promise<void> {
          isClosed = true;
          await real.close();
        },
        publishMany: async (batch, call) => (isClosed ? spare : real).publishMany(batch, call),
      };
    }),
};

/** The subject with another way of telling about routes. */
function withRoutes(tell: (onRoute: NonNullable<InboxOptions["onRoute"]>, state: "up" | "down") => void): Mutant["of"] {
  return (subject) =>
    withMessaging(subject, (real) => ({
      async openInbox({ onRoute, ...options }, call) {
        if (onRoute === undefined) return real.openInbox(options, call);
        return real.openInbox({ ...options, onRoute: (state) => tell(onRoute, state) }, call);
      },
    }));
}

const silent: Mutant = {
  id: "messaging-route-not-told",
  breaks: "onRoute is never called.",
  kills: ["messaging/route/down-and-up"],
  of: withRoutes(() => {}),
};

const repeated: Mutant = {
  id: "messaging-route-told-twice",
  breaks: "onRoute is told down twice.",
  kills: ["messaging/route/down-and-up"],
  of: withRoutes((onRoute, state) => {
    if (state === "down") onRoute(state);
    onRoute(state);
  }),
};

const forgetful: Mutant = {
  id: "messaging-route-comes-back-without-addresses",
  breaks: "After a fault the addresses are not live again, although onRoute was told up.",
  kills: ["messaging/route/live-when-up"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async openInbox({ onRoute, ...options }, call) {
        const added = new Set<string>();
        const inbox = await real.openInbox(
          {
            ...options,
            onRoute: (state) => {
              if (state === "up")
                inbox.removeMany([...added], ownCall()).then(
                  () => onRoute?.(state),
                  () => undefined,
                );
              else onRoute?.(state);
            },
          },
          call,
        );
        const addMany = inbox.addMany.bind(inbox);
        return Object.assign(inbox, {
          addMany: async (addresses: readonly string[], during: typeof call) => {
            for (const address of addresses) added.add(address);
            return addMany(addresses, during);
          },
        });
      },
    })),
};

const pretends: Mutant = {
  id: "messaging-unreachable-counts-as-accepted",
  breaks: "While nobody reaches the server, publishing succeeds.",
  kills: ["messaging/route/publishing-while-cut"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        return real.publishMany(batch, call).catch((error: unknown) => {
          if (isMusterError(error, "UNAVAILABLE")) return [];
          throw error;
        });
      },
    })),
};

const retries: Mutant = {
  id: "messaging-publish-retried-in-secret",
  breaks: "What was refused while nobody reached the server is sent later all the same.",
  kills: ["messaging/route/history-across-a-cut"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      let refused: readonly Outgoing[] = [];
      return {
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          try {
            const failures = await real.publishMany(batch, call);
            const again = refused;
            refused = [];
            await real.publishMany(again, call);
            return failures;
          } catch (error) {
            refused = [...refused, ...batch];
            throw error;
          }
        },
      };
    }),
};

export const callMutants: readonly Mutant[] = [
  ...[ignoresAbort, abortsLate, unchecked, outlives],
  ...[silent, repeated, forgetful, pretends, retries],
];

/** Inboxes that do not end, hold too much, or get in each other's way. */

import { type BatchFailure, type Delivery, MusterError } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import { never } from "../support.ts";
import { type Pages, withInboxes } from "./support.ts";

const MOMENT_MS = 100;

const emptyPages: Mutant = {
  id: "messaging-empty-pages",
  breaks: "An inbox gives an empty page before each page.",
  kills: ["messaging/inbox/pages-are-not-empty"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async *[Symbol.asyncIterator](): Pages {
        for await (const page of real) {
          yield [];
          yield page;
        }
      },
    })),
};

const neverEnds: Mutant = {
  id: "messaging-iterator-never-ends",
  breaks: "The iteration of an inbox waits for ever when the inbox is closed, or its messaging.",
  kills: ["messaging/inbox/closing-ends-the-iteration", "messaging/inbox/ends-with-its-messaging"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async *[Symbol.asyncIterator](): Pages {
        yield* real;
        await never();
      },
    })),
};

const endsBadly: Mutant = {
  id: "messaging-closing-throws-out-of-the-iteration",
  breaks: "Closing an inbox ends its iteration with an error.",
  kills: ["messaging/inbox/closing-ends-the-iteration"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async *[Symbol.asyncIterator](): Pages {
        yield* real;
        throw new MusterError({ code: "CLOSED", source: "mutant", message: "the inbox has been closed" });
      },
    })),
};

const endsRaw: Mutant = {
  id: "messaging-iteration-throws-a-raw-error",
  breaks: "The iteration of an inbox ends with an error that has no code.",
  kills: ["messaging/inbox/ends-with-its-messaging", "messaging/inbox/closing-ends-the-iteration"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async *[Symbol.asyncIterator](): Pages {
        yield* real;
        throw new Error("socket hang up");
      },
    })),
};

const closesNothing: Mutant = {
  id: "messaging-closed-inbox-goes-on",
  breaks: "Closing an inbox leaves it as it is.",
  kills: ["messaging/inbox/nothing-after-closing", "messaging/inbox/closing-ends-the-iteration"],
  of: (subject) => withInboxes(subject, () => ({ [Symbol.asyncDispose]: async () => {} })),
};

const closesOnce: Mutant = {
  id: "messaging-closing-an-inbox-twice-throws",
  breaks: "An inbox that is closed a second time throws.",
  kills: ["messaging/inbox/nothing-after-closing"],
  of: (subject) =>
    withInboxes(subject, (real) => {
      let isClosed = false;
      return {
        async [Symbol.asyncDispose](): Promise<void> {
          if (isClosed) throw new MusterError({ code: "CLOSED", source: "mutant", message: "it has been closed" });
          isClosed = true;
          await real[Symbol.asyncDispose]();
        },
      };
    }),
};

const unbounded: Mutant = {
  id: "messaging-prefetch-unbounded",
  breaks: "However small its prefetch, an inbox takes whatever comes.",
  kills: ["messaging/inbox/prefetch-is-a-bound"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      openInbox: async (options, call) => real.openInbox({ ...options, prefetch: 1_000_000 }, call),
    })),
};

const busyIsStalled: Mutant = {
  id: "messaging-busy-reader-counts-as-stalled",
  breaks:
    "An inbox hands out all that waits at once, and drops what comes later than a moment behind that, until it is asked for more.",
  kills: ["messaging/inbox/slow-is-not-stalled"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async *[Symbol.asyncIterator](): Pages {
        let [waiting, isStalled, hasEnded] = [[] as Delivery[], false, false];
        let wake = (): void => {};
        const reading = (async (): Promise<void> => {
          for await (const page of real) {
            if (!isStalled) waiting.push(...page);
            wake();
          }
          hasEnded = true;
          wake();
        })();
        while (!hasEnded || waiting.length > 0) {
          isStalled = false;
          const page = waiting;
          waiting = [];
          const timer = setTimeout(() => {
            isStalled = true;
          }, MOMENT_MS);
          if (page.length > 0) yield page;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          clearTimeout(timer);
        }
        await reading;
      },
    })),
};

const headOfLine: Mutant = {
  id: "messaging-stalled-inbox-holds-up-all",
  breaks: "Messages are handed over one by one, and each waits until the one before it has been taken.",
  kills: ["messaging/inbox/stalled-holds-up-nobody"],
  of(subject) {
    let before: Promise<unknown> = Promise.resolve();
    const handOver = async (work: () => Promise<unknown>): Promise<unknown> => {
      const mine = before.then(work, work);
      before = mine;
      return mine;
    };
    return withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        for (const message of batch) await handOver(async () => real.publishMany([message], call));
        return real.publishMany([], call);
      },
    }));
  },
};

export const inboxMutants: readonly Mutant[] = [
  ...[emptyPages, neverEnds, endsBadly, endsRaw],
  ...[closesNothing, closesOnce, unbounded, busyIsStalled, headOfLine],
];

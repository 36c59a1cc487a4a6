/** Wrong answers of publishMany, wrong claims, and batches that are not one. */

import { type BatchFailure, MusterError } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import { ownCall } from "../support.ts";
import { type Pages, withAnswers, withInboxes } from "./support.ts";

const LATE_MS = 50;

function failure(code: "INTERNAL" | "INVALID_ARGUMENT", message: string): MusterError {
  return new MusterError({ code, source: "mutant.publishMany", message });
}

const everyOutcome: Mutant = {
  id: "messaging-answer-for-each",
  breaks: "The answer has an entry for each message, accepted or not.",
  kills: ["messaging/answer/nothing-failed"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        await real.publishMany(batch, call);
        return batch.map((_, index) => ({ index, error: failure("INTERNAL", "it was accepted") }));
      },
    })),
};

const emptyRefused: Mutant = {
  id: "messaging-empty-batch-refused",
  breaks: "Publishing nothing is refused.",
  kills: ["messaging/answer/empty-batch"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        if (batch.length === 0) throw failure("INVALID_ARGUMENT", "nothing to publish");
        return real.publishMany(batch, call);
      },
    })),
};

const unconfirmedIsLost: Mutant = {
  id: "messaging-unconfirmed-is-lost",
  breaks: "What nobody wants an answer for is not sent.",
  kills: ["messaging/answer/not-asked-for"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call, options) => (options?.confirm === false ? [] : real.publishMany(batch, call)),
    })),
};

const unconfirmedIsLate: Mutant = {
  id: "messaging-unconfirmed-is-not-waited-for",
  breaks: "What nobody wants an answer for leaves after what is published later has been answered.",
  kills: ["messaging/answer/not-asked-for"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call, options): Promise<readonly BatchFailure[]> {
        if (options?.confirm !== false) return real.publishMany(batch, call);
        setTimeout(() => {
          real.publishMany(batch, ownCall()).catch(() => undefined); // Nobody wants to know.
        }, LATE_MS);
        return [];
      },
    })),
};

const swallowed: Mutant = {
  id: "messaging-no-route-swallowed",
  breaks: "Missing receivers are not reported although the trait says so.",
  kills: ["messaging/answer/no-route", "messaging/answer/no-route-after-removal"],
  of: (subject) => withAnswers(subject, (failures) => failures.filter(({ error }) => error.code !== "NO_ROUTE")),
};

const offByOne: Mutant = {
  id: "messaging-failure-index-off-by-one",
  breaks: "The index of a failure counts from 1.",
  kills: ["messaging/answer/no-route"],
  of: (subject) =>
    withAnswers(subject, (failures) => failures.map(({ index, error }) => ({ index: index + 1, error }))),
};

const descending: Mutant = {
  id: "messaging-failures-descend",
  breaks: "Failures come in descending order.",
  kills: ["messaging/answer/no-route"],
  of: (subject) => withAnswers(subject, (failures) => failures.toReversed()),
};

const oneFailsAll: Mutant = {
  id: "messaging-one-failure-fails-all",
  breaks: "When one message has no receiver, the messages behind it are not sent.",
  kills: ["messaging/answer/one-failure-is-one"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        for (const [index, message] of batch.entries()) {
          const [failed] = await real.publishMany([message], call);
          if (failed !== undefined) return batch.slice(index).map((_, at) => ({ ...failed, index: index + at }));
        }
        return real.publishMany([], call);
      },
    })),
};

const deniesReports: Mutant = {
  id: "messaging-claims-to-report-no-receiver",
  breaks: "It says that it doesn't report missing receivers, and does.",
  kills: ["messaging/answer/no-receiver-is-accepted"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      traits: { ...real.traits, reportsNoReceiver: false },
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        const known = new Set((await real.publishMany(batch, call)).map(({ index }) => index));
        const error = new MusterError({ code: "NO_ROUTE", source: "mutant.publishMany", message: "nobody listens" });
        return batch.flatMap(({ address }, index) =>
          known.has(index) || address === "none" ? [{ index, error }] : [],
        );
      },
    })),
};

const bindingsStay: Mutant = {
  id: "messaging-removal-keeps-the-route",
  breaks: "A removed address is dropped in the receiver and stays a route in the broker.",
  kills: ["messaging/answer/no-route-after-removal"],
  of: (subject) =>
    withInboxes(subject, (real) => {
      const removed = new Set<string>();
      return {
        async addMany(addresses, call): Promise<readonly BatchFailure[]> {
          for (const address of addresses) removed.delete(address);
          return real.addMany(addresses, call);
        },
        async removeMany(addresses): Promise<readonly BatchFailure[]> {
          for (const address of addresses) removed.add(address);
          return [];
        },
        async *[Symbol.asyncIterator](): Pages {
          for await (const page of real) {
            const heard = page.filter(({ address }) => !removed.has(address));
            if (heard.length > 0) yield heard;
          }
        },
      };
    }),
};

const losesLast: Mutant = {
  id: "messaging-full-batch-loses-its-last",
  breaks: "The last message of a batch of the largest size is not sent.",
  kills: ["messaging/answer/largest-batch"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) =>
        real.publishMany(batch.length === real.traits.maxBatch ? batch.slice(0, -1) : batch, call),
    })),
};

const noBatchLimit: Mutant = {
  id: "messaging-batch-limit-unchecked",
  breaks: "A batch over the limit is sent in two.",
  kills: ["messaging/answer/batch-too-long"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        const { maxBatch } = real.traits;
        if (batch.length <= maxBatch) return real.publishMany(batch, call);
        await real.publishMany(batch.slice(0, maxBatch), call);
        return real.publishMany(batch.slice(maxBatch), call);
      },
    })),
};

const changingTraits: Mutant = {
  id: "messaging-traits-change-with-use",
  breaks: "Its traits are others once something has been published.",
  kills: ["messaging/traits/final"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      const traits = { ...real.traits };
      return {
        traits,
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          traits.maxBatch = Math.max(1, traits.maxBatch - 1);
          return real.publishMany(batch, call);
        },
      };
    }),
};

export const answerMutants: readonly Mutant[] = [
  ...[everyOutcome, emptyRefused, unconfirmedIsLost, unconfirmedIsLate, swallowed, offByOne, descending, oneFailsAll],
  ...[deniesReports, bindingsStay, losesLast, noBatchLimit, changingTraits],
];

/** The messaging cases on backends that are as honest as memory and claim something else. */

import type { BatchFailure, MessagingTraits, Outgoing } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { messagingCases } from "../src/cases/messaging-cases.ts";
import { withMessaging } from "../src/mutant.ts";
import { type Pages, withInboxes } from "../src/mutants/messaging/support.ts";
import { runCase } from "../src/run.ts";
import type { Subject } from "../src/subject.ts";
import { memorySubject } from "./subjects.ts";

function claiming(subject: Subject, changes: Partial<MessagingTraits>): Subject {
  return withMessaging(subject, (real) => ({ traits: { ...real.traits, ...changes } }));
}

/** Accepts what nobody listens for. */
function accepting(subject: Subject, keep: (message: Outgoing) => void = () => {}): Subject {
  return withMessaging(subject, (real) => ({
    async publishMany(batch, call): Promise<readonly BatchFailure[]> {
      const failures = await real.publishMany(batch, call);
      for (const { index, error } of failures) {
        const message = batch[index];
        if (message !== undefined && error.code === "NO_ROUTE") keep(message);
      }
      return failures.filter(({ error }) => error.code !== "NO_ROUTE");
    },
  }));
}

/** Delivers each page last first, and some of it again. */
function careless(): Subject {
  const shuffled = withInboxes(memorySubject(), (real) => ({
    async *[Symbol.asyncIterator](): Pages {
      for await (const page of real) {
        yield page.toReversed();
        if (page.length % 2 === 1) yield page.slice(0, 1);
      }
    },
  }));
  return claiming(accepting(shuffled), { delivery: "at-least-once", order: "none", reportsNoReceiver: false });
}

/** Keeps what nobody listens for until somebody does. */
function patient(): Subject {
  const kept: Outgoing[] = [];
  const keeping = accepting(memorySubject(), ({ body, ...message }) => kept.push({ ...message, body: body.slice() }));
  const handing = withInboxes(keeping, (real, messaging) => ({
    async addMany(addresses, call): Promise<readonly BatchFailure[]> {
      const failures = await real.addMany(addresses, call);
      for (let at = 0; at < kept.length; ) {
        const [message] = addresses.includes(kept[at]?.address ?? "") ? kept.splice(at, 1) : [];
        if (message === undefined) at += 1;
        else await messaging.publishMany([message], call);
      }
      return failures;
    },
  }));
  return claiming(handing, { retains: true, order: "per-address", reportsNoReceiver: false });
}

describe.each([
  { name: "at-least-once and without order", make: careless },
  { name: "retaining, in order per address", make: patient },
])("a backend that is $name", ({ make }) => {
  test.each(messagingCases)("$id", async (one) => {
    const { error } = await runCase(make(), one, { seed: 1 });
    if (error !== undefined) throw error;
  });
});

test("between them and memory every case is run", () => {
  const applied = [memorySubject(), careless(), patient()].flatMap((subject) => {
    const backend = subject.messaging?.();
    return backend === undefined ? [] : messagingCases.filter((one) => one.applies?.(backend, subject) ?? true);
  });
  expect(messagingCases.filter((one) => !applied.includes(one))).toEqual([]);
});

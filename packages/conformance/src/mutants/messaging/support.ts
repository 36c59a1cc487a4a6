/** Ways to break one thing in messaging and leave the rest as it is. */

import type { BatchFailure, Delivery, Inbox, MessagingBackend, Outgoing } from "@muster/core/slots";
import { withMessaging } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { inboxLike, notingAddresses } from "../support.ts";

/** The subject with each inbox overridden; `fault` also gets the messaging that opened it. */
export function withInboxes(
  subject: Subject,
  fault: (real: Inbox, messaging: MessagingBackend) => Partial<Inbox>,
): Subject {
  return withMessaging(subject, (real) => ({
    openInbox: async (options, call) => {
      const inbox = await real.openInbox(options, call);
      return inboxLike(inbox, fault(inbox, real));
    },
  }));
}

export type Pages = AsyncGenerator<readonly Delivery[], void, undefined>;

/** The subject with what comes out of its inboxes changed; `change` is made once for each inbox. */
export function withPages(subject: Subject, change: () => (page: readonly Delivery[]) => readonly Delivery[]): Subject {
  return withInboxes(subject, (real) => {
    const changed = change();
    return {
      async *[Symbol.asyncIterator](): Pages {
        for await (const page of real) {
          const next = changed(page);
          if (next.length > 0) yield next;
        }
      },
    };
  });
}

/** The subject with each delivery changed. */
export function withDeliveries(subject: Subject, change: (delivery: Delivery) => Delivery): Subject {
  return withPages(subject, () => (page) => page.map(change));
}

/** The subject with each message changed on its way out. */
export function withMessages(subject: Subject, change: (message: Outgoing) => Outgoing): Subject {
  return withMessaging(subject, (real) => ({
    publishMany: async (batch, call) => real.publishMany(batch.map(change), call),
  }));
}

/** The subject with the answers of publishMany changed. */
export function withAnswers(
  subject: Subject,
  change: (failures: readonly BatchFailure[]) => readonly BatchFailure[],
): Subject {
  return withMessaging(subject, (real) => ({
    publishMany: async (batch, call) => change(await real.publishMany(batch, call)),
  }));
}

/** The subject in which a message also reaches every address that `matches` its own. */
export function withLooseAddresses(
  subject: Subject,
  matches: (listening: string, published: string) => boolean,
): Subject {
  const listening = new Map<string, Set<string>>();
  return withMessaging(subject, (real) => {
    let known = new Set<string>();
    return {
      async open(scope, call): Promise<void> {
        await real.open(scope, call);
        known = listening.get(scope.namespace) ?? known;
        listening.set(scope.namespace, known);
      },
      async openInbox(options, call): Promise<Inbox> {
        const inbox = await real.openInbox(options, call);
        return inboxLike(inbox, { addMany: notingAddresses(inbox, known) });
      },
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        const failures = await real.publishMany(batch, call);
        const more = batch.flatMap((message) =>
          [...known]
            .filter((address) => address !== message.address && matches(address, message.address))
            .map((address) => ({ ...message, address })),
        );
        for (const message of more) await real.publishMany([message], call);
        return failures;
      },
    };
  });
}

/** Messaging in which every address is spelt differently on its way in, and back on its way out. */
export function spelling(
  real: MessagingBackend,
  spell: (address: string) => string,
  restore: (address: string) => string,
): Pick<MessagingBackend, "openInbox" | "publishMany"> {
  return {
    publishMany: async (batch, call) =>
      real.publishMany(
        batch.map((message) => ({ ...message, address: spell(message.address) })),
        call,
      ),
    openInbox: async (options, call) => {
      const inbox = await real.openInbox(options, call);
      return inboxLike(inbox, {
        addMany: async (addresses, during) => inbox.addMany(addresses.map(spell), during),
        removeMany: async (addresses, during) => inbox.removeMany(addresses.map(spell), during),
        async *[Symbol.asyncIterator](): Pages {
          for await (const page of inbox) {
            yield page.map((delivery) => ({ ...delivery, address: restore(delivery.address) }));
          }
        },
      });
    },
  };
}

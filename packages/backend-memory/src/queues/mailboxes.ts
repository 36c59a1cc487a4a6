/** All mailboxes of one namespace, and which session has what to hand out. */

import { Arrivals } from "./arrivals.ts";
import { newMailbox, newSession } from "./mailbox.ts";
import type { Mailbox, Session } from "./stored.ts";

/** A mailbox exists while it is attached or a delivery of it is known, a session while something is attached to it. */
export class Mailboxes {
  readonly arrivals: Arrivals = new Arrivals();
  readonly #byIdentity = new Map<string, Mailbox>();
  readonly #sessions = new Map<string, Session>();
  #lastAttachment = 0;

  find(identity: string): Mailbox | undefined {
    return this.#byIdentity.get(identity);
  }

  session(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  provide(identity: string): Mailbox {
    const found = this.#byIdentity.get(identity);
    if (found !== undefined) return found;
    const made = newMailbox(identity);
    this.#byIdentity.set(identity, made);
    return made;
  }

  /** It is attached to nobody. */
  attach(mailbox: Mailbox, name: string, epoch: number): void {
    const session = this.#sessions.get(name) ?? newSession(name);
    this.#sessions.set(name, session);
    session.attached += 1;
    this.#lastAttachment += 1;
    mailbox.session = session;
    mailbox.epoch = epoch;
    mailbox.attachment = this.#lastAttachment;
    this.relist(mailbox);
  }

  detach(mailbox: Mailbox): void {
    const { session } = mailbox;
    if (session === undefined) return;
    session.ready.remove(mailbox);
    mailbox.session = undefined;
    mailbox.epoch = 0;
    session.attached -= 1;
    if (session.attached === 0) this.#sessions.delete(session.name);
    this.tidy(mailbox);
  }

  /** After any change to what the mailbox could hand out next. */
  relist(mailbox: Mailbox): void {
    const { session, first } = mailbox;
    if (session === undefined) return;
    if (mailbox.leased > 0 || first?.state !== "queued") {
      session.ready.remove(mailbox);
      return;
    }
    mailbox.due = first;
    session.ready.put(mailbox, first.intake.turn);
    this.arrivals.tell(session.name);
  }

  /** Forgets a mailbox of which there is nothing to know. */
  tidy(mailbox: Mailbox): void {
    if (mailbox.known === 0 && mailbox.session === undefined) this.#byIdentity.delete(mailbox.identity);
  }
}

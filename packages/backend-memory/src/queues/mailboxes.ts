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
  #lastProvided: Mailbox | undefined;

  find(identity: string): Mailbox | undefined {
    return this.#byIdentity.get(identity);
  }

  session(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  /**
   * The one of this identity, or a new one. Targets come in the same order again and again, so it is first looked for
   * behind the one before: a map of many strings is much slower, since hardly any of it is in the processor's cache.
   */
  provide(identity: string): Mailbox {
    const before = this.#lastProvided;
    const guess = before?.follower;
    const isRight = guess?.identity === identity && isNeeded(guess);
    const mailbox = isRight ? guess : (this.#byIdentity.get(identity) ?? this.#add(identity));
    if (before !== undefined && !isRight) before.follower = mailbox;
    this.#lastProvided = mailbox;
    return mailbox;
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
    if (isNeeded(mailbox)) return;
    mailbox.follower = undefined;
    this.#byIdentity.delete(mailbox.identity);
    if (this.#lastProvided === mailbox) this.#lastProvided = undefined;
  }

  #add(identity: string): Mailbox {
    const mailbox = newMailbox(identity);
    this.#byIdentity.set(identity, mailbox);
    return mailbox;
  }
}

function isNeeded({ known, session }: Mailbox): boolean {
  return known > 0 || session !== undefined;
}

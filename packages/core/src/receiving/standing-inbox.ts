/** An inbox that comes back: when it breaks it is opened again with all its addresses. */

import { codedError } from "../call.ts";
import { backoffMs, pause } from "../tasks/retry.ts";
import {
  type BatchFailure,
  type Call,
  type Delivery,
  type Inbox,
  linkCall,
  type MessagingBackend,
  MusterError,
  throwIfAborted,
} from "../slots/index.ts";
import { untilAborted } from "../tasks/until-aborted.ts";

const OPEN_TIMEOUT_MS = 10_000;
/** Of one read, a socket gives megabytes: many thousands of small messages. Some brokers drop what doesn't fit. */
const PREFETCH = 65_536;
const SOURCE = "core.inbox";

export interface StandingInboxOptions {
  readonly messaging: MessagingBackend;
  /** Must not reject; the next page waits for it. */
  dispatch(page: readonly Delivery[]): Promise<void>;
  onRoute(state: "up" | "down"): void;
  warn(error: MusterError): void;
}

/** Opened by its first address; iterated until it is closed. */
export class StandingInbox {
  readonly #options: StandingInboxOptions;
  readonly #addresses = new Set<string>();
  readonly #additions = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  #current: Inbox | undefined;
  #opening: Promise<Inbox> | undefined;
  #reading: Promise<void> | undefined;
  #isUp = false;

  constructor(options: StandingInboxOptions) {
    this.#options = options;
  }

  /** Resolves once live. While the inbox is broken it waits for the new one. */
  async add(address: string, call: Call): Promise<void> {
    for (;;) {
      const inbox = await this.#ready(call);
      if (this.#addresses.has(address)) return;
      await untilAborted(this.#addOnce(inbox, address), call, SOURCE);
    }
  }

  /** What was added while the inbox was another is not carried over to the next. */
  async remove(address: string, call: Call): Promise<void> {
    await this.#additions.get(address)?.catch(() => undefined); // Told to whoever wanted it.
    this.#addresses.delete(address);
    if (this.#current !== undefined) throwFirst(await this.#current.removeMany([address], call));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#opening?.catch(() => undefined); // Told to whoever waits for it.
    await this.#current?.[Symbol.asyncDispose]();
    await this.#reading;
  }

  /** Shared by all who want it meanwhile: thousands register at once. */
  #addOnce(inbox: Inbox, address: string): Promise<void> {
    const known = this.#additions.get(address);
    if (known !== undefined) return known;
    const addition = this.#add(inbox, address).finally(() => this.#additions.delete(address));
    addition.catch(() => undefined); // Told to whoever still waits.
    this.#additions.set(address, addition);
    return addition;
  }

  async #add(inbox: Inbox, address: string): Promise<void> {
    using call = linkCall({ signal: this.#closing.signal }, OPEN_TIMEOUT_MS, SOURCE);
    throwFirst(await inbox.addMany([address], call));
    if (inbox === this.#current) this.#addresses.add(address);
  }

  async #ready(call: Call): Promise<Inbox> {
    throwIfAborted(call, SOURCE);
    this.#throwIfClosed();
    if (this.#current !== undefined) return this.#current;
    try {
      return await untilAborted((this.#opening ??= this.#settling(this.#open())), call, SOURCE);
    } catch (error) {
      this.#throwIfClosed();
      throw error;
    }
  }

  /** The same promise, forgotten when it has settled; its failure is told to those who wait. */
  #settling(work: Promise<Inbox>): Promise<Inbox> {
    const opening = work.finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    opening.catch(() => undefined);
    return opening;
  }

  async #open(): Promise<Inbox> {
    using call = linkCall({ signal: this.#closing.signal }, OPEN_TIMEOUT_MS, SOURCE);
    const opened: { inbox?: Inbox; route: "up" | "down" } = { route: "up" };
    const onRoute = (state: "up" | "down"): void => {
      opened.route = state;
      if (opened.inbox !== undefined && opened.inbox === this.#current) this.#setRoute(state);
    };
    const inbox = await this.#options.messaging.openInbox({ prefetch: PREFETCH, onRoute }, call);
    try {
      await this.#carryOver(inbox, call);
      this.#throwIfClosed();
    } catch (error) {
      await disposeQuietly(inbox);
      throw error;
    }
    opened.inbox = inbox;
    this.#current = inbox;
    this.#setRoute(opened.route);
    this.#reading = this.#read(inbox);
    return inbox;
  }

  /** What is removed while it is being added is live nowhere afterwards. */
  async #carryOver(inbox: Inbox, call: Call): Promise<void> {
    const live = new Set(this.#addresses);
    if (live.size > 0) throwFirst(await inbox.addMany([...live], call));
    for (;;) {
      const removed = [...live].filter((address) => !this.#addresses.has(address));
      if (removed.length === 0) return;
      throwFirst(await inbox.removeMany(removed, call));
      for (const address of removed) live.delete(address);
    }
  }

  async #read(inbox: Inbox): Promise<void> {
    let cause: unknown;
    try {
      for await (const page of inbox) await this.#options.dispatch(page);
    } catch (error) {
      cause = error;
    }
    if (this.#closing.signal.aborted) return;
    this.#current = undefined;
    this.#setRoute("down");
    this.#options.warn(lostInbox(cause));
    this.#opening = this.#settling(this.#reopen(inbox));
  }

  async #reopen(broken: Inbox): Promise<Inbox> {
    await disposeQuietly(broken);
    for (let tries = 0; ; tries += 1) {
      this.#throwIfClosed();
      try {
        return await this.#open();
      } catch (error) {
        if (tries === 0) this.#options.warn(codedError(error, SOURCE));
        await pause(backoffMs(tries), this.#closing);
      }
    }
  }

  #setRoute(state: "up" | "down"): void {
    if (this.#isUp === (state === "up")) return;
    this.#isUp = state === "up";
    this.#options.onRoute(state);
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted)
      throw new MusterError({ code: "CLOSED", source: SOURCE, message: "the node has been closed" });
  }
}

async function disposeQuietly(inbox: Inbox): Promise<void> {
  try {
    await inbox[Symbol.asyncDispose]();
  } catch {
    // What was wrong with it has been told already.
  }
}

function throwFirst(failures: readonly BatchFailure[]): void {
  const [first] = failures;
  if (first !== undefined) throw first.error;
}

function lostInbox(cause: unknown): MusterError<"UNAVAILABLE"> {
  const message = "the inbox ended; it is opened again, and what was published meanwhile is lost";
  return new MusterError({ code: "UNAVAILABLE", source: SOURCE, message, cause });
}

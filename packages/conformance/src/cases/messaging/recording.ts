/** Publishing and listening, with a record of everything that happens. */

import assert from "node:assert/strict";
import { type Call, type Inbox, isMusterError, type MessagingBackend, type Outgoing } from "@muster/core/slots";
import type { MessagingContext } from "../../case.ts";
import { checkHistory, type Guarantee } from "../../history/check.ts";
import type { HistoryEvent, ListenEvent } from "../../history/events.ts";
import { message, textOf } from "./support.ts";

type Outcome = "accepted" | "refused" | "unknown";

export class Recording {
  readonly events: HistoryEvent[] = [];
  readonly #ctx: MessagingContext;
  readonly #publishers = new Map<string, MessagingBackend>();
  readonly #addresses = new Set<string>();
  #messages = 0;
  #batches = 0;

  constructor(ctx: MessagingContext) {
    this.#ctx = ctx;
  }

  /** Publishes one batch, with a message to each of the addresses. What fails is recorded, and nothing else. */
  async publish(
    publisher: string,
    from: MessagingBackend,
    addresses: readonly string[],
    call: Call = this.#ctx.call,
  ): Promise<void> {
    this.#publishers.set(publisher, from);
    this.#batches += 1;
    const batch = `batch ${this.#batches}`;
    const names = addresses.map(() => `message ${(this.#messages += 1)}`);
    const messages = addresses.map((address, index) => message(address, names[index] ?? ""));
    for (const [index, name] of names.entries()) {
      this.events.push({ kind: "publish", publisher, batch, message: name, address: addresses[index] ?? "" });
    }
    const outcomes = await outcomesOf(from, messages, call);
    for (const [index, name] of names.entries()) {
      this.events.push({ kind: "answer", message: name, outcome: outcomes[index] ?? "unknown" });
    }
  }

  /** An inbox that is read from now on, and records all it does under this name. */
  async openInbox(
    name: string,
    at: MessagingBackend,
    onRoute?: (state: "up" | "down") => void,
  ): Promise<RecordedInbox> {
    const options = { prefetch: 4_096, ...(onRoute ? { onRoute } : {}) };
    const inbox = await at.openInbox(options, this.#ctx.call);
    this.#read(name, inbox).catch((error: unknown) => {
      this.events.push({ kind: "receive", inbox: name, message: `an error, ${String(error)},`, address: "" });
    });
    const own = new Set<string>();
    return {
      add: async (...addresses) => {
        for (const address of addresses) {
          own.add(address);
          this.#addresses.add(address);
          this.#note(name, address, "adding");
          assert.deepEqual(await inbox.addMany([address], this.#ctx.call), []);
          this.#note(name, address, "live");
        }
      },
      remove: async (...addresses) => {
        for (const address of addresses) {
          this.#note(name, address, "removing");
          assert.deepEqual(await inbox.removeMany([address], this.#ctx.call), []);
          this.#note(name, address, "gone");
          own.delete(address);
        }
      },
      note: (state) => {
        for (const address of own) this.#note(name, address, state);
      },
    };
  }

  /** Nothing more is published by that one. */
  forget(publisher: string): void {
    this.#publishers.delete(publisher);
  }

  fault(fault: string, state: "begins" | "ends"): void {
    this.events.push({ kind: "fault", fault, state });
  }

  /** Waits until what is under way must have arrived, and asserts that the history has no findings. */
  async verify(excuses: Guarantee["excuses"] = []): Promise<void> {
    const { delivery, order, retains } = this.#ctx.backend.traits;
    const guarantee: Guarantee = { delivery, order, retains, excuses };
    const findings = (): readonly string[] => checkHistory(this.events, guarantee).map(({ text }) => text);
    const nothingLost = (): void => {
      const losses = findings().filter((text) => text.startsWith("loss"));
      assert.ok(losses.length === 0, `${losses.length} losses:\n${losses.slice(0, 20).join("\n")}`);
    };
    await this.#ctx.eventually(nothingLost);
    for (const [publisher, from] of this.#publishers) {
      for (const address of this.#addresses) await this.publish(publisher, from, [address]);
    }
    await this.#ctx.eventually(nothingLost);
    const found = findings();
    assert.ok(found.length === 0, `${found.length} findings:\n${found.slice(0, 20).join("\n")}`);
  }

  #note(inbox: string, address: string, state: ListenEvent["state"]): void {
    this.events.push({ kind: "listen", inbox, address, state });
  }

  async #read(name: string, inbox: Inbox): Promise<void> {
    for await (const page of inbox) {
      for (const delivery of page) {
        this.events.push({ kind: "receive", inbox: name, message: textOf(delivery), address: delivery.address });
      }
    }
  }
}

/** Adds and removes addresses one by one. */
export interface RecordedInbox {
  add(...addresses: readonly string[]): Promise<void>;
  remove(...addresses: readonly string[]): Promise<void>;
  /** Of all its addresses, as when its process dies. */
  note(state: "removing" | "gone"): void;
}

async function outcomesOf(from: MessagingBackend, batch: readonly Outgoing[], call: Call): Promise<readonly Outcome[]> {
  try {
    const failures = new Map((await from.publishMany(batch, call)).map(({ index, error }) => [index, error]));
    return batch.map((_, index) => {
      const failure = failures.get(index);
      if (failure === undefined) return "accepted";
      return failure.mayHaveApplied ? "unknown" : "refused";
    });
  } catch (error) {
    assert.ok(isMusterError(error), `publishMany rejected with what is no MusterError: ${String(error)}`);
    return batch.map(() => (error.mayHaveApplied ? "unknown" : "refused"));
  }
}

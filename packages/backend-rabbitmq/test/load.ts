/** What is sent without end while something is done to the servers, and whether what arrives is what may. */

import { setTimeout as wait } from "node:timers/promises";
import type { MessagingBackend, MusterError } from "@muster/core/slots";
import { callOf, eventually } from "@muster/testing";
import { message, type Reader } from "@muster/testing/messaging";
import { assert } from "vitest";
import { failuresOf } from "./support.ts";

const BATCH = 64;
/** Longer than the servers need to find that one of them is silent. */
const CALL_MS = 15_000;
const BETWEEN_MS = 2;

/** `maybe`: it failed, and may arrive. */
type Receipt = "accepted" | "failed" | "maybe";

export class Load {
  readonly errors: MusterError[] = [];
  readonly #sender: MessagingBackend;
  readonly #addresses: readonly string[];
  /** By text. */
  readonly #receipts = new Map<string, Receipt>();
  readonly #running: Promise<void>;
  #isOver = false;

  /** To each of the addresses in turn. */
  constructor(sender: MessagingBackend, addresses: readonly string[]) {
    this.#sender = sender;
    this.#addresses = addresses;
    this.#running = this.#run();
  }

  get accepted(): number {
    return [...this.#receipts.values()].filter((receipt) => receipt === "accepted").length;
  }

  get codes(): ReadonlySet<string> {
    return new Set(this.errors.map(({ code }) => code));
  }

  /** Resolves when so many more have been accepted. */
  async goOn(count: number, patienceMs?: number): Promise<void> {
    const goal = this.accepted + count;
    await eventually(() => assert.isAtLeast(this.accepted, goal), patienceMs);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** Once it has ended: each at most once and in order, none that was told to have failed, and everything since `last`. */
  async check(readers: readonly Reader[], last: number): Promise<void> {
    const accepted = [...this.#receipts].flatMap(([text, receipt]) => (receipt === "accepted" ? [text] : []));
    const arrived = (): readonly string[] => readers.flatMap(({ texts }) => texts);
    await eventually(() => assert.includeMembers([...arrived()], accepted.slice(last)));
    assert.lengthOf(new Set(arrived()), arrived().length, "something arrived twice");
    assert.deepEqual(
      arrived().filter((text) => !["accepted", "maybe"].includes(this.#receipts.get(text) ?? "never sent")),
      [],
    );
    for (const { texts } of readers)
      assert.deepEqual(
        texts,
        texts.toSorted((a, b) => Number(a) - Number(b)),
      );
  }

  async #run(): Promise<void> {
    for (let sent = 0; !this.#isOver; sent += BATCH) {
      const texts = Array.from({ length: BATCH }, (_, index) => String(sent + index));
      const to = (text: string): string => this.#addresses[Number(text) % this.#addresses.length] ?? "";
      const batch = texts.map((text) => message(to(text), text));
      const failures = await failuresOf(this.#sender, batch, callOf(CALL_MS));
      for (const [index, text] of texts.entries()) {
        const error = failures.get(index);
        this.#receipts.set(text, error === undefined ? "accepted" : error.mayHaveApplied ? "maybe" : "failed");
      }
      this.errors.push(...failures.values());
      await wait(BETWEEN_MS);
    }
  }
}

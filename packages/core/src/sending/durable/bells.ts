/** Tells processes that something durable waits for whom they serve. */

import { encodeBell } from "../../wire/notices.ts";
import type { Call, MessagingBackend } from "../../slots/index.ts";

/**
 * One publish at a time: whoever is to be told again while it is under way is told once, after it. A bell that is lost costs
 * its process the time to its next poll, so that failures are nobody's concern.
 */
export class Bells {
  readonly #messaging: MessagingBackend | undefined;
  readonly #call: Call;
  #due = new Set<string>();
  #ringing: Promise<void> | undefined;

  /** @param messaging absent: nobody can be told. */
  constructor(messaging: MessagingBackend | undefined, call: Call) {
    this.#messaging = messaging;
    this.#call = call;
  }

  /** Soon; doesn't wait. */
  ring(nodes: Iterable<string>): void {
    if (this.#messaging === undefined) return;
    for (const node of nodes) this.#due.add(node);
    if (this.#due.size > 0) this.#ringing ??= this.#ringAll(this.#messaging);
  }

  /** Resolves when everyone has been told. Never rejects. */
  async finish(): Promise<void> {
    await this.#ringing;
  }

  async #ringAll(messaging: MessagingBackend): Promise<void> {
    while (this.#due.size > 0) {
      const batch = [...this.#due].slice(0, messaging.traits.maxBatch);
      for (const node of batch) this.#due.delete(node);
      const bells = batch.map((address) => ({ address, headers: {}, body: encodeBell() }));
      // Their next poll finds it all the same.
      await messaging.publishMany(bells, this.#call).catch(() => undefined);
    }
    this.#ringing = undefined;
  }
}

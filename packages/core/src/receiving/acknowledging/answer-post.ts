/** Publishes acknowledgements: what there is to tell at one moment leaves together. */

import { codedError } from "../../call.ts";
import { type Call, linkCall, type MessagingBackend, type MusterError, type Outgoing } from "../../slots/index.ts";
import { untilAborted } from "../../tasks/until-aborted.ts";
import { type Acknowledgement, encodeAcknowledgement } from "../../wire/acknowledgement.ts";

const MAX_IN_FLIGHT = 2;
const MAX_BATCH = 4_096;
const MAX_BATCH_BYTES = 1_048_576;
/** When so much has left without the broker having been asked, it is asked again: what it can't keep up with gathers here. */
const MAX_UNCONFIRMED_BYTES = 65_536;
const TIMEOUT_MS = 5_000;
const SOURCE = "core.acknowledge";

/** Something to tell one sender; what it says is asked for when it leaves. */
export interface Answer {
  readonly replyTo: string;
  answer(): Acknowledgement;
}

/**
 * Nothing is published twice: a sender that hears nothing sends again, and is answered again. So nobody asks the broker about
 * each of them, as long as it has taken what it was asked about. While it is busy, answers gather.
 */
export class AnswerPost {
  readonly #messaging: MessagingBackend;
  readonly #warn: (error: MusterError) => void;
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  #waiting = new Set<Answer>();
  #isPlanned = false;
  /** The broker has taken what it was asked about last. */
  #isTrusted = false;
  /** What it was not asked about, since then. */
  #unconfirmedBytes = 0;

  constructor(messaging: MessagingBackend, warn: (error: MusterError) => void) {
    this.#messaging = messaging;
    this.#warn = warn;
  }

  /** Sends it soon; twice before it has left is once. */
  add(answer: Answer): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.add(answer);
    this.#plan();
  }

  /** Nothing more is about to be added: what waits leaves in this turn, unless the broker is busy with what left before. */
  leave(): void {
    if (this.#inFlight.size === 0) this.#send();
  }

  /** Resolves when everything that was added has been sent, or could not be. @throws TIMEOUT, ABORTED */
  async flush(call: Call): Promise<void> {
    while (this.#waiting.size > 0 || this.#inFlight.size > 0 || this.#unconfirmedBytes > 0) {
      this.#send(true);
      await untilAborted(Promise.race(this.#inFlight), call, SOURCE);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#waiting.clear();
  }

  #plan(): void {
    if (this.#isPlanned || this.#inFlight.size >= MAX_IN_FLIGHT) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#send();
    });
  }

  /** @param isLast the broker is asked about these and all that have left. */
  #send(isLast = false): void {
    while (this.#inFlight.size < MAX_IN_FLIGHT && (this.#waiting.size > 0 || (isLast && this.#unconfirmedBytes > 0))) {
      const { batch, bytes } = this.#batch();
      const confirm = isLast || !this.#isTrusted || this.#unconfirmedBytes + bytes > MAX_UNCONFIRMED_BYTES;
      this.#unconfirmedBytes = confirm ? 0 : this.#unconfirmedBytes + bytes;
      const publishing = this.#publish(batch, confirm).finally(() => {
        this.#inFlight.delete(publishing);
        if (this.#waiting.size > 0) this.#plan();
      });
      this.#inFlight.add(publishing);
    }
  }

  #batch(): { readonly batch: readonly Outgoing[]; readonly bytes: number } {
    const { maxBatch, maxPayloadBytes } = this.#messaging.traits;
    const batch: Outgoing[] = [];
    let bytes = 0;
    for (const answer of this.#waiting) {
      if (batch.length >= Math.min(maxBatch, MAX_BATCH) || bytes >= MAX_BATCH_BYTES) break;
      this.#waiting.delete(answer);
      const body = fitting(answer.answer(), maxPayloadBytes);
      batch.push({ address: answer.replyTo, headers: {}, body });
      bytes += body.byteLength;
    }
    return { batch, bytes };
  }

  async #publish(batch: readonly Outgoing[], confirm: boolean): Promise<void> {
    using call = linkCall({ signal: this.#closing.signal }, TIMEOUT_MS, SOURCE);
    try {
      await this.#messaging.publishMany(batch, call, { confirm }); // A sender that is gone is no concern of ours.
      this.#isTrusted ||= confirm;
    } catch (cause) {
      this.#isTrusted = false;
      if (!this.#closing.signal.aborted) this.#warn(codedError(cause, SOURCE));
    }
  }
}

/** Rather without reasons than not at all. */
function fitting(answer: Acknowledgement, maxBytes: number): Uint8Array {
  const body = encodeAcknowledgement(answer);
  return body.byteLength <= maxBytes || answer.reasons.length === 0
    ? body
    : encodeAcknowledgement({ ...answer, reasons: [] });
}

import { type MulticastReport, MusterError, type Receipt } from "../slots/index.ts";

const MAX_STATUSES = 1_000;
const RECEIPTS_PAGE = 1_000;

export type OnReceipts = (receipts: readonly Receipt[]) => void | Promise<void>;

/** Counts outcomes as they come; makes an object per recipient only for failures, or for whoever asked to see all. */
export class Tally {
  readonly #counts = { delivered: 0, failed: 0, timeout: 0 };
  readonly #statuses: Receipt[] = [];
  readonly #onReceipts: OnReceipts | undefined;
  #refusal: MusterError<"ABORTED"> | undefined;
  #unseen: Receipt[] = [];

  constructor(onReceipts?: OnReceipts) {
    this.#onReceipts = onReceipts;
  }

  deliver(identities: readonly string[]): void {
    this.#counts.delivered += identities.length;
    if (this.#onReceipts === undefined) return;
    for (const identity of identities) this.#unseen.push({ identity, status: "delivered" });
  }

  /** `timeout` is for what may or may not have been accepted. */
  miss(status: "failed" | "timeout", identities: readonly string[], code: string, reason: string): void {
    this.#counts[status] += identities.length;
    const room = MAX_STATUSES - this.#statuses.length;
    for (const identity of this.#onReceipts === undefined ? identities.slice(0, room) : identities) {
      const receipt: Receipt = { identity, status, code, reason };
      if (this.#statuses.length < MAX_STATUSES) this.#statuses.push(receipt);
      if (this.#onReceipts !== undefined) this.#unseen.push(receipt);
    }
  }

  /** What `onReceipts` threw, as the cause: the caller wants no more. */
  get refusal(): MusterError<"ABORTED"> | undefined {
    return this.#refusal;
  }

  /**
   * Shows the receipts that nobody has seen yet, and waits until they have been looked at. After a refusal it shows
   * nothing more. Never rejects.
   */
  async show(): Promise<void> {
    const receipts = this.#unseen;
    this.#unseen = [];
    for (let from = 0; from < receipts.length && this.#refusal === undefined; from += RECEIPTS_PAGE) {
      try {
        await this.#onReceipts?.(receipts.slice(from, from + RECEIPTS_PAGE));
      } catch (cause) {
        const message = "onReceipts threw";
        this.#refusal = new MusterError({ code: "ABORTED", source: "core.multicast", message, detail: {}, cause });
      }
    }
  }

  report(id: string, incomplete: MulticastReport["incomplete"]): MulticastReport {
    const { delivered, failed, timeout } = this.#counts;
    return {
      id,
      targetCount: delivered + failed + timeout,
      deliveredCount: delivered,
      pendingCount: 0,
      failedCount: failed,
      timeoutCount: timeout,
      ...(incomplete === undefined ? {} : { incomplete }),
      statuses: [...this.#statuses],
    };
  }
}

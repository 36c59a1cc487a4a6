import { type DeliveryStatus, type MulticastReport, MusterError, type Receipt } from "../slots/index.ts";

/** Receipts that a report lists at most. */
export const MAX_STATUSES = 1_000;
const RECEIPTS_PAGE = 1_000;

export type OnReceipts = (receipts: readonly Receipt[]) => void | Promise<void>;

/** Counts outcomes as they come; makes an object per recipient only for failures, or for whoever asked to see all. */
export class Tally {
  readonly #counts = { delivered: 0, pending: 0, failed: 0, timeout: 0 };
  readonly #statuses: Receipt[] = [];
  readonly #onReceipts: OnReceipts | undefined;
  #refusal: MusterError<"ABORTED"> | undefined;
  #unseen: Receipt[] = [];

  constructor(onReceipts?: OnReceipts) {
    this.#onReceipts = onReceipts;
  }

  /** Whether somebody wants to see a receipt of everyone, and not only how many there are. */
  get showsAll(): boolean {
    return this.#onReceipts !== undefined;
  }

  /** Recipients tallied so far. */
  get total(): number {
    const { delivered, pending, failed, timeout } = this.#counts;
    return delivered + pending + failed + timeout;
  }

  /** How many more receipts the report has room for. */
  get room(): number {
    return MAX_STATUSES - this.#statuses.length;
  }

  deliver(identities: readonly string[]): void {
    this.#counts.delivered += identities.length;
    if (this.#onReceipts === undefined) return;
    for (const identity of identities) this.#unseen.push({ identity, status: "delivered" });
  }

  /** Kept for them by the durability slot, and not acknowledged yet. */
  defer(identities: readonly string[]): void {
    this.#add("pending", identities, (identity) => ({ identity, status: "pending" }));
  }

  /** `timeout` is for what may or may not have been accepted. */
  miss(status: "failed" | "timeout", identities: readonly string[], code: string, reason: string): void {
    this.#add(status, identities, (identity) => ({ identity, status, code, reason }));
  }

  /** Of recipients whom somebody else has counted, and who are shown to nobody. */
  count(status: DeliveryStatus, recipients: number): void {
    this.#counts[status] += recipients;
  }

  /** Lists receipts in the report, as far as it has room, of recipients who have been counted. */
  mention(receipts: readonly Receipt[]): void {
    this.#statuses.push(...receipts.slice(0, this.room));
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
    const { delivered, pending, failed, timeout } = this.#counts;
    return {
      id,
      targetCount: this.total,
      deliveredCount: delivered,
      pendingCount: pending,
      failedCount: failed,
      timeoutCount: timeout,
      ...(incomplete === undefined ? {} : { incomplete }),
      statuses: [...this.#statuses],
    };
  }

  #add(status: DeliveryStatus, identities: readonly string[], receiptOf: (identity: string) => Receipt): void {
    this.#counts[status] += identities.length;
    for (const identity of this.showsAll ? identities : identities.slice(0, this.room)) {
      const receipt = receiptOf(identity);
      if (this.room > 0) this.#statuses.push(receipt);
      if (this.showsAll) this.#unseen.push(receipt);
    }
  }
}

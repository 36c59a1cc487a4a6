/** What a durability slot says, without time, order and storage: a reference that queues are compared with. */

/** `late`: to be retried after a delay. */
export type Way = "ack" | "release" | "retry" | "late" | "dead";

interface Delivery {
  readonly id: string;
  readonly identity: string;
  epoch: number;
  is: "queued" | "leased" | "acked" | "dead" | "purged";
  attempts: number;
  /** It waits for its delay, which is longer than any test. */
  isDelayed: boolean;
  lease: number | undefined;
  settled: readonly [lease: number, as: Way] | undefined;
}

interface Attachment {
  session: string | undefined;
  epoch: number;
  dropped: number;
}

export class QueueModel {
  readonly #deliveries = new Map<string, Delivery>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #leases = new Map<number, Delivery>();

  enqueue(id: string, identity: string, epoch: number): string | undefined {
    if (epoch <= this.#of(identity).dropped) return "UNREGISTERED";
    const key = `${id} for ${identity}`;
    if (this.#deliveries.has(key)) return undefined;
    this.#deliveries.set(key, {
      id,
      identity,
      epoch,
      is: "queued",
      attempts: 0,
      isDelayed: false,
      lease: undefined,
      settled: undefined,
    });
    return undefined;
  }

  attach(session: string, identity: string, epoch: number): string | undefined {
    const attachment = this.#of(identity);
    const isFenced = attachment.session !== undefined && epoch < attachment.epoch;
    if (isFenced || epoch <= attachment.dropped) return "FENCED";
    if (attachment.session === session && attachment.epoch === epoch) return undefined;
    Object.assign(attachment, { session, epoch });
    for (const delivery of this.#leased(identity)) Object.assign(delivery, { is: "queued", lease: undefined });
    return undefined;
  }

  detach(session: string, identity: string): void {
    const attachment = this.#of(identity);
    if (attachment.session !== session) return;
    attachment.session = undefined;
    for (const delivery of this.#leased(identity)) this.#release(delivery);
  }

  drop(identity: string, epoch: number): void {
    const attachment = this.#of(identity);
    if (epoch <= attachment.dropped) return;
    attachment.dropped = epoch;
    if (attachment.epoch <= epoch) attachment.session = undefined;
    for (const delivery of this.#deliveries.values())
      if (delivery.identity === identity && delivery.epoch <= epoch && this.#isLive(delivery)) delivery.is = "dead";
  }

  dequeue(session: string): readonly string[] {
    return this.#due(session).map((delivery) => this.#what(delivery, delivery.attempts + 1));
  }

  /** What it is was handed out. */
  lease(session: string, what: string, lease: number): boolean {
    const delivery = this.#due(session).find((one) => this.#what(one, one.attempts + 1) === what);
    if (delivery === undefined) return false;
    delivery.attempts += 1;
    delivery.is = "leased";
    delivery.lease = lease;
    this.#leases.set(lease, delivery);
    return true;
  }

  settle(lease: number, as: Way): string | undefined {
    const delivery = this.#leases.get(lease);
    if (delivery === undefined) return "FENCED";
    if (delivery.is !== "leased" || delivery.lease !== lease)
      return delivery.settled?.[0] === lease && delivery.settled[1] === settledAs(as) ? undefined : "FENCED";
    if (as === "release") this.#release(delivery);
    else {
      delivery.is = as === "ack" ? "acked" : as === "dead" ? "dead" : "queued";
      delivery.isDelayed = as === "late";
      delivery.settled = [lease, settledAs(as)];
      delivery.lease = undefined;
    }
    return undefined;
  }

  /** What both leases are of. */
  isSameDelivery(lease: number, other: number): boolean {
    return this.#leases.get(lease) === this.#leases.get(other);
  }

  extend(lease: number): string | undefined {
    const delivery = this.#leases.get(lease);
    return delivery?.is === "leased" && delivery.lease === lease ? undefined : "FENCED";
  }

  letters(): readonly (readonly [id: string, identity: string])[] {
    return [...this.#deliveries.values()].filter(({ is }) => is === "dead").map(({ id, identity }) => [id, identity]);
  }

  redrive(id: string, identity: string): void {
    const { epoch, dropped } = this.#of(identity);
    const again = { is: "queued", attempts: 0, isDelayed: false, settled: undefined, lease: undefined };
    Object.assign(this.#deliveries.get(`${id} for ${identity}`) ?? {}, again, { epoch: Math.max(dropped + 1, epoch) });
  }

  purge(id: string, identity: string): void {
    Object.assign(this.#deliveries.get(`${id} for ${identity}`) ?? {}, { is: "purged" });
  }

  #of(identity: string): Attachment {
    const attachment = this.#attachments.get(identity) ?? { session: undefined, epoch: 0, dropped: -1 };
    this.#attachments.set(identity, attachment);
    return attachment;
  }

  #due(session: string): readonly Delivery[] {
    return [...this.#deliveries.values()].filter(
      ({ identity, is, isDelayed }) => is === "queued" && !isDelayed && this.#of(identity).session === session,
    );
  }

  #leased(identity: string): readonly Delivery[] {
    return [...this.#deliveries.values()].filter((one) => one.identity === identity && one.is === "leased");
  }

  #release(delivery: Delivery): void {
    delivery.is = "queued";
    delivery.isDelayed = false;
    delivery.attempts -= 1;
    delivery.settled = [delivery.lease ?? 0, "release"];
    delivery.lease = undefined;
  }

  #isLive({ is }: Delivery): boolean {
    return is === "queued" || is === "leased";
  }

  #what({ id, identity }: Delivery, attempt: number): string {
    return `${id} for ${identity}, epoch ${this.#of(identity).epoch}, attempt ${attempt}`;
  }
}

/** With whatever delay. */
function settledAs(as: Way): Way {
  return as === "late" ? "retry" : as;
}

/** In a process that may die: carries out on its clients what it is asked to. */

import { die, type Moments } from "./moments.ts";
import { durabilityMethods } from "./durability-methods.ts";
import { type Asked, type Methods, messagingMethods, registryMethods } from "./methods.ts";
import { outboxMethods } from "./outbox-methods.ts";
import type { Subject } from "../subject.ts";
import { errorOffWire, errorOnWire, type Order, type Report, type Target } from "./wire.ts";

type CallOrder = Extract<Order, { kind: "call" }>;

export class Host {
  readonly #objects = new Map<Target, Methods>();
  readonly #calls = new Map<number, AbortController>();
  readonly #moments: Moments;
  readonly #tell: (report: Report) => Promise<void>;
  #underWay = 0;

  /** `tell` resolves when the report has left. */
  constructor(subject: Subject, moments: Moments, tell: (report: Report) => Promise<void>) {
    this.#moments = moments;
    this.#tell = tell;
    const route = (inbox: number, state: "up" | "down"): void => void tell({ kind: "route", inbox, state });
    const [registry, messaging] = [subject.registry?.(), subject.messaging?.()];
    if (registry) this.#objects.set("registry", registryMethods(registry));
    if (messaging) this.#objects.set("messaging", messagingMethods(messaging, route));
    const durability = subject.durability?.();
    if (durability) this.#objects.set("durability", durabilityMethods(durability, subject.transactionProbe));
    const outbox = subject.outbox?.();
    if (outbox) this.#objects.set("outbox", outboxMethods(outbox, subject.outboxProbe));
  }

  obey(orders: readonly Order[]): void {
    for (const order of orders) if (order.kind === "die") this.#moments.dieAt(order.turn);
    for (const order of orders) {
      if (order.kind === "give up") this.#calls.get(order.id)?.abort(errorOffWire(order.reason));
      else if (order.kind === "call") this.#carryOut(order).catch(die); // It tells of every error but its own.
    }
    this.#dieIfDone();
  }

  async #carryOut(order: CallOrder): Promise<void> {
    const waits = order.method === "receive"; // For others, and perhaps for ever.
    if (!waits) this.#underWay += 1;
    const report = await this.#reportOf(order);
    this.#moments.pass();
    await this.#tell(report);
    if (!waits) this.#underWay -= 1;
    this.#dieIfDone();
  }

  async #reportOf({ id, target, method: name, args, ended }: CallOrder): Promise<Report> {
    const caller = new AbortController();
    if (ended) caller.abort(errorOffWire(ended));
    this.#calls.set(id, caller);
    const asked: Asked = {
      id,
      signal: caller.signal,
      keep: (object) => void this.#objects.set(id, object),
      drop: () => this.#drop(target),
    };
    try {
      const method = this.#objects.get(target)?.[name];
      if (method === undefined) throw new Error(`there is no ${name} on ${target}`);
      return { kind: "answer", id, value: await method(asked, ...(args as never[])) }; // The other end, clients.ts, is typed.
    } catch (error) {
      return { kind: "failure", id, error: errorOnWire(error) };
    } finally {
      if (!this.#objects.has(id)) this.#calls.delete(id);
    }
  }

  #drop(target: Target): void {
    this.#objects.delete(target);
    if (typeof target === "number") this.#calls.delete(target);
  }

  /** Whoever is doomed and owes no answer is not waited for. */
  #dieIfDone(): void {
    if (this.#moments.isDoomed && this.#underWay === 0) this.#moments.dieAt(0);
  }
}

/** The sender's end of its receiving processes. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { RegistryBackend } from "@muster/core/slots";
import { forkModule } from "../fork-module.ts";
import type { FromReceiver, ReceiverPlan, ToReceiver } from "./plan.ts";
import { answerFrom } from "./registry-desk.ts";
import { Disagreement } from "../scenario.ts";
import { sumOf } from "../statistics.ts";

/** So often a receiver that has not told that it has everything is asked how much it has. */
const LOOK_MS = 5_000;
/** A receiver whose count has stood still for so many looks gets no more: what is missing was lost. */
const STANDSTILL_LOOKS = 4;

/** Several processes that receive, each its share of the identities. */
export class Crew implements AsyncDisposable {
  readonly #members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /**
   * Resolves when all receive.
   *
   * @param registry for plans whose registry is at the sender
   * @throws Error when a process ends before it receives.
   */
  static async start(plans: readonly ReceiverPlan[], registry?: RegistryBackend): Promise<Crew> {
    const members = plans.map((plan) => new Member(plan, registry));
    await Promise.all(members.map((member) => member.ready));
    return new Crew(members);
  }

  /**
   * Expects one more message for every identity; resolves with how many have come when the last process has them all.
   *
   * @throws Disagreement when some have not come, and none has for twenty seconds.
   */
  async expectOneEach(): Promise<number> {
    return sumOf(await Promise.all(this.#members.map((member) => member.expectOneEach())));
  }

  /** How many have come since the start. */
  async total(): Promise<number> {
    return sumOf(await Promise.all(this.#members.map((member) => member.total())));
  }

  /** Processor time that all have used since their start, ms. */
  async cpuMs(): Promise<number> {
    return sumOf(await Promise.all(this.#members.map((member) => member.cpuMs())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }
}

class Member {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #share: number;
  readonly #registry: RegistryBackend | undefined;
  #expected = 0;
  #received = 0;
  #isReady: () => void = () => {};
  #onSpent: (cpuMs: number) => void = () => {};
  readonly #onTotal: Record<"expected" | "counted", ((total: number) => void)[]> = { expected: [], counted: [] };

  constructor(plan: ReceiverPlan, registry: RegistryBackend | undefined) {
    this.#registry = registry;
    this.#share = plan.share.to - plan.share.from;
    this.#child = forkModule(import.meta.resolve("./receiving-process.ts"), plan);
    // Only receiving-process.ts is at the other end, through `tell`.
    this.#child.on("message", (message) => this.#take(message as FromReceiver));
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#child.once("exit", (code) => reject(new Error(`a receiving process ended with code ${code}`)));
    });
  }

  async expectOneEach(): Promise<number> {
    this.#expected += this.#share;
    const before = this.#received;
    const reached = this.#next("expected");
    this.#send({ kind: "expect", total: this.#expected });
    const looking = new AbortController();
    try {
      this.#received = await Promise.race([reached, this.#standstill(looking.signal)]);
    } finally {
      looking.abort();
    }
    return this.#received - before;
  }

  /** Throws when nothing more comes, or the signal aborts. */
  async #standstill(signal: AbortSignal): Promise<never> {
    let last = -1;
    for (let looks = 0; looks < STANDSTILL_LOOKS; looks += 1) {
      await delay(LOOK_MS, undefined, { signal });
      const total = await this.total();
      if (total !== last) looks = 0;
      last = total;
    }
    const missing = this.#expected - last;
    throw new Disagreement(`a receiving process lacks ${missing} of ${this.#share} messages, and no more come`);
  }

  async total(): Promise<number> {
    const counted = this.#next("counted");
    this.#send({ kind: "count" });
    return await counted;
  }

  async cpuMs(): Promise<number> {
    const spent = new Promise<number>((resolve) => {
      this.#onSpent = resolve;
    });
    this.#send({ kind: "spend" });
    return await spent;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#send({ kind: "stop" });
    await ended;
  }

  #next(as: "expected" | "counted"): Promise<number> {
    return new Promise((resolve) => {
      this.#onTotal[as].push(resolve);
    });
  }

  #send(message: ToReceiver): void {
    this.#child.send(message);
  }

  #take(message: FromReceiver): void {
    if (message.kind === "ready") this.#isReady();
    else if (message.kind === "received") for (const told of this.#onTotal[message.as].splice(0)) told(message.total);
    else if (message.kind === "spent") this.#onSpent(message.cpuMs);
    else if (this.#registry !== undefined) {
      answerFrom(this.#registry, message).then(
        (reply) => this.#send(reply),
        (error: unknown) => {
          this.#child.kill();
          console.error(error);
        },
      );
    }
  }
}

/** The other end of the processes whose identities come and go. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { forkModule } from "../fork-module.ts";
import type { Pace } from "../paced-load.ts";
import type { Account, ChurnPlan, Churned, Churners, Reply, Sent } from "./plan.ts";

/** Half a million identities take more than 3 GB: with the default limit the collector would do nothing else. */
const FLAGS = ["--max-old-space-size=7168"];

interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A population in a process of its own. What it is asked fails when that has ended. */
export class RemotePopulation implements Churners {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, Asked>();
  #requests = 0;

  constructor(plan: ChurnPlan) {
    this.#child = forkModule(import.meta.resolve("./churning-process.ts"), plan, FLAGS);
    // Only churning-process.ts is at the other end.
    this.#child.on("message", (message) => this.#take(message as Reply));
    this.#child.once("exit", (code, signal) => {
      const error = new Error(`a process of the population ended (${signal ?? code})`);
      for (const { reject } of this.#asked.values()) reject(error);
    });
  }

  async fill(): Promise<void> {
    await this.#ask("fill", []);
  }

  churn(pace: Pace): Promise<Churned> {
    return this.#ask("churn", [pace]);
  }

  received(): Promise<number> {
    return this.#ask("received", []);
  }

  account(sent: readonly Sent[]): Promise<Account> {
    return this.#ask("account", [sent]);
  }

  spent(): ReturnType<Churners["spent"]> {
    return this.#ask("spent", []);
  }

  /** Its registrations and subscriptions go with the servers. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }

  #ask<Verb extends keyof Churners>(
    verb: Verb,
    inputs: Parameters<Churners[Verb]>,
  ): Promise<Awaited<ReturnType<Churners[Verb]>>> {
    const id = (this.#requests += 1);
    return new Promise((resolve, reject) => {
      // What the same verb of the population in that process gave.
      this.#asked.set(id, { resolve: (answer) => resolve(answer as Awaited<ReturnType<Churners[Verb]>>), reject });
      this.#child.send({ id, verb, inputs });
    });
  }

  #take(reply: Reply): void {
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if ("failure" in reply) asked?.reject(new Error(reply.failure));
    else asked?.resolve(reply.answer);
  }
}

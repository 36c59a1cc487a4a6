/** Kills hosts at random and starts them again, until it is told to stop. */

import { setTimeout as delay } from "node:timers/promises";
import type { AgentHost } from "./agent-host.ts";
import type { Random } from "./random.ts";

const LONGEST_PEACE_MS = 400;

export class Mayhem implements AsyncDisposable {
  kills = 0;
  readonly #hosts: readonly AgentHost[];
  readonly #random: Random;
  #isWanted = false;
  #running: Promise<void> | undefined;

  constructor(hosts: readonly AgentHost[], random: Random) {
    this.#hosts = hosts;
    this.#random = random;
  }

  start(): void {
    this.#isWanted = true;
    this.#running = this.#run();
    this.#running.catch(() => undefined); // Thrown where it is stopped.
  }

  /** Resolves when every host is up again. @throws Error when one could not be started. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      await delay(this.#random.below(LONGEST_PEACE_MS));
      const host = this.#hosts[this.#random.below(this.#hosts.length)];
      await host?.kill();
      this.kills += 1;
      await host?.start();
    }
  }
}

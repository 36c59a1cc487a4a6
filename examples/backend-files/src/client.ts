/** One client of a folder: its life, and the steps that its calls take on the file system. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Call, Lifecycle, throwIfAborted } from "@muster/core/slots";
import { fileError, folderError } from "./errors.ts";
import type { Settings } from "./options.ts";

/** As it stands in error messages. */
export const NAME = "files";

/** How one call touches the file system: not at all once it has ended. */
export class Steps {
  /** Something of it is on the disk, whatever becomes of the rest. */
  hasWritten = false;
  readonly #before: () => Promise<void>;
  readonly #check: () => void;

  constructor(before: () => Promise<void>, check: () => void) {
    this.#before = before;
    this.#check = check;
  }

  /** @throws CLOSED, TIMEOUT, ABORTED: before it does anything; otherwise what `touch` throws. */
  async take<T>(touch: () => Promise<T>): Promise<T> {
    await this.#before();
    this.#check();
    return touch();
  }

  /** For what is owed to others, also by a call that has ended. */
  async takeAnyway<T>(touch: () => Promise<T>): Promise<T> {
    await this.#before();
    return touch();
  }

  async pause(ms: number): Promise<void> {
    await this.take(async () => sleep(ms));
  }
}

export class Client {
  readonly #life = new Lifecycle(NAME);
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open(call: Call, start: (steps: Steps) => Promise<void>): Promise<void> {
    const { folder, beforeStep } = this.#settings;
    await this.#life.open(call, async (opening) => {
      try {
        await start(new Steps(beforeStep, () => throwIfAborted(opening, `${NAME}.open`)));
      } catch (error) {
        throw folderError(error, folder);
      }
    });
  }

  /** @throws CLOSED, TIMEOUT, ABORTED; otherwise what `work` throws, coded. */
  async run<T>(operation: string, call: Call, work: (steps: Steps) => Promise<T>): Promise<T> {
    const steps = new Steps(this.#settings.beforeStep, () => this.#life.check(operation, call));
    return this.#life.run(operation, call, async () => {
      const running = work(steps);
      this.#underWay.add(running);
      try {
        return await running;
      } catch (error) {
        throw fileError(error, `${NAME}.${operation}`, steps.hasWritten);
      } finally {
        this.#underWay.delete(running);
      }
    });
  }

  /** Resolves when nothing touches the folder any more. */
  async close(): Promise<void> {
    await this.#life.close(async () => {
      await Promise.allSettled(this.#underWay);
    });
  }
}

/**
 * One writer at a time per namespace, over all processes, without trusting any of them to stay alive.
 *
 * In the folder `lock` lies one other folder, the *baton*, and its name says until when it is held: `<epoch ms>.<id>`; 0
 * when nobody holds it. Whoever finds that time over takes the baton by renaming it. A folder can be renamed from one
 * name only once, so one taker wins, whether the holder before has let go, has died, or is only slow.
 *
 * The slow are fenced by the same rename. Everything a holder changes, it changes by moving a file out of the baton or
 * into it. When the baton bears another name such a move fails, and changes nothing. So a lease that is too short
 * costs an error, and never a wrong record.
 */

import { randomUUID } from "node:crypto";
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MusterError } from "@muster/core/slots";
import { NAME, type Steps } from "./client.ts";
import { systemCode } from "./errors.ts";
import { MAX_LEASE_MS } from "./options.ts";

const LONGEST_PAUSE_MS = 20;

export interface LockOptions {
  /** The folder that the baton lies in. */
  readonly folder: string;
  readonly leaseMs: number;
}

/** The name of a baton that nobody holds. */
export function freeBaton(): string {
  return batonName(0, randomUUID());
}

/** Runs `work` while nobody else holds the lock, and lets go whatever becomes of it. */
export async function withLock<T>(
  options: LockOptions,
  steps: Steps,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lock = await acquire(options, steps);
  try {
    await lock.clear();
    return await work(lock);
  } finally {
    await lock.release();
  }
}

async function acquire(options: LockOptions, steps: Steps): Promise<HeldLock> {
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const names = await steps.take(async () => readdir(options.folder));
    const over = names.find((name) => isOver(name, Date.now()));
    const lock = new HeldLock(options, steps);
    if (over !== undefined && (await lock.take(over))) return lock;
    await steps.pause(pauseMs * (0.5 + Math.random()));
  }
}

export class HeldLock {
  readonly #options: LockOptions;
  readonly #steps: Steps;
  /** The files of this holder bear it, so that they are never those of another that is still being slow. */
  readonly #id: string = randomUUID();
  #until = 0;

  constructor(options: LockOptions, steps: Steps) {
    this.#options = options;
    this.#steps = steps;
  }

  /** Whether it was this one that got the baton of that name. */
  async take(name: string): Promise<boolean> {
    return this.#rename(join(this.#options.folder, name));
  }

  /** What the holder before has left in the baton is of no use to anyone. */
  async clear(): Promise<void> {
    const names = await this.#steps.take(async () => readdir(this.#path).catch(rethrown));
    for (const name of names) await this.#steps.take(async () => rm(join(this.#path, name), { force: true }));
  }

  /**
   * The whole text, or nothing of it, in place of whatever was there.
   *
   * @param before epoch ms; gives false, and changes nothing, when it can't be done by then.
   * @throws UNAVAILABLE: the lock is lost.
   */
  async write(path: string, text: string, before: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    await this.#prolong();
    const draft = join(this.#path, `${this.#id}.new`);
    await this.#steps.take(async () => writeFile(draft, text).catch(rethrown));
    return this.#steps.take(async () => {
      if (Date.now() >= before) return false;
      if (!(await isMoved(draft, path))) throw lost();
      this.#steps.hasWritten = true;
      return true;
    });
  }

  /** Twice is once. @throws UNAVAILABLE: the lock is lost. */
  async remove(path: string): Promise<void> {
    await this.#prolong();
    const isRemoved = await this.#steps.take(async () => isMoved(path, join(this.#path, `${this.#id}.old`)));
    if (isRemoved) this.#steps.hasWritten = true;
    else await this.#steps.take(async () => stat(this.#path).catch(rethrown));
  }

  /** When it fails, the lease still ends. */
  async release(): Promise<void> {
    await this.#steps
      .takeAnyway(async () => isMoved(this.#path, join(this.#options.folder, freeBaton())))
      .catch(() => undefined);
  }

  get #path(): string {
    return join(this.#options.folder, batonName(this.#until, this.#id));
  }

  async #prolong(): Promise<void> {
    if (Date.now() < this.#until - this.#options.leaseMs / 2) return;
    if (!(await this.#rename(this.#path))) throw lost();
  }

  async #rename(path: string): Promise<boolean> {
    const until = Date.now() + this.#options.leaseMs;
    const renamed = join(this.#options.folder, batonName(until, this.#id));
    const isMine = await this.#steps.take(async () => isMoved(path, renamed));
    if (isMine) this.#until = until;
    return isMine;
  }
}

function batonName(until: number, id: string): string {
  return `${until}.${id}`;
}

function isOver(name: string, now: number): boolean {
  const until = Number.parseInt(name, 10);
  return until <= now || until > now + MAX_LEASE_MS;
}

/** False: it was not there, or where it should go was not. */
async function isMoved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Whatever is in the baton is missing when the baton is. */
function rethrown(error: unknown): never {
  throw systemCode(error) === "ENOENT" ? lost() : error;
}

function lost(): MusterError<"UNAVAILABLE"> {
  const message = "the lock is lost: another process took over from this one, which had stood still for too long";
  return new MusterError({ code: "UNAVAILABLE", source: `${NAME}.lock`, message, mayHaveApplied: true });
}

/** The folder of one namespace, and what anyone may read there without a lock: every file is whole at every moment. */

import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Steps } from "./client.ts";
import { decodeRecord, type StoredRecord } from "./codec.ts";
import { systemCode } from "./errors.ts";
import { EPOCH_FILE, folderName, type Key, PLACES } from "./keys.ts";
import { freeBaton } from "./lock.ts";

/** Files read at once: few enough to leave other clients of the process their share. */
const READ_AHEAD = 64;

export class NamespaceFolder {
  readonly #path: string;

  constructor(folder: string, namespace: string) {
    this.#path = join(folder, folderName(namespace));
  }

  get lock(): string {
    return join(this.#path, "lock");
  }

  get epoch(): string {
    return join(this.#path, EPOCH_FILE);
  }

  file({ place, name }: Key): string {
    return join(this.#path, place, name);
  }

  /** Makes it beside its place, whole, and moves it there: there is never more than one baton. */
  async create(folder: string, steps: Steps): Promise<void> {
    await steps.take(async () => readdir(folder));
    if (await steps.take(async () => exists(this.#path))) return;
    const draft = join(folder, `.${randomUUID()}`);
    try {
      await steps.take(async () => mkdir(draft));
      for (const place of PLACES) await steps.take(async () => mkdir(join(draft, place)));
      await steps.take(async () => mkdir(join(draft, "lock", freeBaton())));
      await steps.take(async () => rename(draft, this.#path));
    } catch (error) {
      await steps.takeAnyway(async () => rm(draft, { recursive: true, force: true }));
      if (systemCode(error) !== "ENOTEMPTY" && systemCode(error) !== "EEXIST") throw error; // Else another was first.
    }
  }

  /** In no order. Unless the caller holds the lock, a file that is being replaced may be left out. */
  async list(place: Key["place"], steps: Steps): Promise<readonly Key[]> {
    const names = await steps.take(async () => readdir(join(this.#path, place)));
    return names.map((name) => ({ place, name }));
  }

  /** `undefined`: it isn't there, or no longer. */
  async read(key: Key, steps: Steps): Promise<StoredRecord | undefined> {
    const file = this.file(key);
    const text = await steps.take(async () => readText(file));
    return text === undefined ? undefined : decodeRecord(text, file);
  }

  /** In the order of `keys`. @throws ENOENT: it is not one file that is missing, but the folder. */
  async readAll(keys: readonly Key[], steps: Steps): Promise<readonly (StoredRecord | undefined)[]> {
    const records: (StoredRecord | undefined)[] = [];
    for (let start = 0; start < keys.length; start += READ_AHEAD) {
      const some = keys.slice(start, start + READ_AHEAD);
      records.push(...(await Promise.all(some.map(async (key) => this.read(key, steps)))));
    }
    if (records.includes(undefined)) await steps.take(async () => stat(this.#path));
    return records;
  }
}

/** `undefined`: there is no such file. */
export async function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(undefinedIfAbsent);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedIfAbsent)) !== undefined;
}

function undefinedIfAbsent(error: unknown): undefined {
  if (systemCode(error) !== "ENOENT") throw error;
}

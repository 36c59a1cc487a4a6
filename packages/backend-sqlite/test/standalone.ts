/** One file, as the conformance kit looks at it. */

import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { ServerFaults, Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { compile } from "@muster/testing/compile";
import { freshNamespace, within } from "@muster/testing";
import {
  sqliteDurability,
  type SqliteFileOptions,
  type SqliteOptions,
  sqliteFile,
  sqliteRegistry,
} from "../src/index.ts";
import { makeNotes } from "./notes.ts";
import { subject } from "./subject.ts";

/** So many clients share threads for each one that starts its own. */
const SHARING = 8;

export async function standalone(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
  const options = { path: join(folder, "fleet.db") };
  makeNotes(options.path);
  const faults = misfortunesOf(folder);
  const threads = [sqliteFile(options), sqliteFile(options)];
  const keepers = threads.map((file) => sqliteRegistry({ file }));
  for (const keeper of keepers) await keeper.open({ namespace: freshNamespace() }, within(10_000));
  const close = async (): Promise<void> => {
    for (const keeper of keepers) await keeper.close();
    await rm(folder, { recursive: true, force: true });
  };
  const [forRegistry, forDurability] = [inTurn(options, threads), inTurn(options, threads)];
  const whole = {
    ...subject(options),
    registry: () => sqliteRegistry(forRegistry()),
    durability: () => sqliteDurability(forDurability()),
    faults,
    close,
  };
  const worker = new URL("../src/thread/worker.ts", import.meta.url);
  return withMortalProcesses(whole, new URL("./subject.ts", import.meta.url), {
    args: [options],
    compile: async (sources) => compile({ ...sources, worker }),
  });
}

/**
 * What can happen to clients of a file: its folder goes, as when a disk is taken away, and comes back; and the threads that
 * talk to it die. Nobody can make a file stand still for those who read; `sqlite.server.test.ts` has processes that hold it.
 */
function misfortunesOf(folder: string): ServerFaults {
  process.env["ESBUILD_WORKER_THREADS"] = "0"; // Who compiles the threads has none of its own, to be killed with them.
  const threads = new Set<Worker>();
  process.on("worker", (thread: Worker) => {
    threads.add(thread);
    thread.once("exit", () => threads.delete(thread));
  });
  const restart = async (): Promise<void> => {
    await Promise.all([...threads].map(killed));
  };
  const away = `${folder}-away`;
  let isAway = false;
  return {
    async cut() {
      if (!isAway) await rename(folder, away);
      isAway = true;
      await restart();
    },
    async heal() {
      if (isAway) await rename(away, folder);
      isAway = false;
    },
    restart,
    keepsData: true,
  };
}

/**
 * Its thread dies of an order that it does not know. It is not terminated from outside: the driver ends the process when that
 * comes while it makes a connection or a statement.
 */
async function killed(thread: Worker): Promise<void> {
  thread.postMessage({ id: 0, name: "no such operation" });
  await new Promise<void>((resolve) => {
    thread.once("exit", () => resolve());
  });
}

/** Clients that follow one another, as those of one case do, have different threads, and with them connections. */
function inTurn(options: SqliteFileOptions, threads: readonly ReturnType<typeof sqliteFile>[]): () => SqliteOptions {
  let count = 0;
  return () => {
    count += 1;
    const file = threads[count % threads.length];
    return file === undefined || count % SHARING === 0 ? options : { file };
  };
}

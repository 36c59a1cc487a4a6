/** Other processes that have the file open, each in one of the parts that `parts.ts` knows. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const ENTRY = fileURLToPath(new URL("./entry.ts", import.meta.url));

export interface OtherProcess extends AsyncDisposable {
  /** What it has said so far. */
  readonly said: readonly unknown[];
  /** Resolves with the next thing that it says. @throws Error: it has ended instead */
  next(): Promise<unknown>;
  tell(word: string): void;
  kill(): void;
  /** Resolves when it has ended, and all that it said has been heard. */
  readonly ended: Promise<void>;
}

export function otherProcess(part: string, args: object): OtherProcess {
  const child = fork(ENTRY, [part, JSON.stringify(args)], { execArgv: ["--import", TSX], serialization: "advanced" });
  const said: unknown[] = [];
  child.on("message", (word) => said.push(word));
  const ended = once(child, "close").then(() => {});
  return {
    said,
    ended,
    next: async () => nextOf(child, ended),
    tell: (word) => void child.send(word),
    kill: () => void child.kill("SIGKILL"),
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function nextOf(child: ChildProcess, ended: Promise<void>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    ended.then(() => reject(new Error(`it has ended, with ${child.exitCode ?? child.signalCode}`)), reject);
  });
}

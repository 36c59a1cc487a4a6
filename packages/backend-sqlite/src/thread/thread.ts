/**
 * The thread that talks to a file, as the rest of the process sees it.
 *
 * SQLite's calls are synchronous, and a slow disk holds them up: in a thread of their own they hold up nothing else, such as
 * the renewal of a session.
 */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Answer, Failure, Order, Start } from "./messages.ts";
import type { Question } from "./question.ts";
import { isBegun } from "./turn.ts";

export class Thread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #questions = new Map<number, Question>();
  #ids = 0;
  #hasEnded = false;
  #error: Error | undefined;

  constructor({ path, synchronous }: Start) {
    this.#worker = workerFor({ path, synchronous });
    this.#worker.on("message", (answers: readonly Answer[]) => answers.forEach((answer) => this.#hear(answer)));
    this.#worker.on("error", (error: Error) => {
      this.#error = error;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#hasEnded = true;
        this.#failAll();
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Gives what forgets the question again. */
  ask(question: Question): () => void {
    this.#ids += 1;
    const id = this.#ids;
    this.#questions.set(id, question);
    const { name, args, turn } = question;
    this.#tell({ id, name, args, turn });
    return () => this.#questions.delete(id);
  }

  /** What has been asked before is answered. */
  async end(): Promise<void> {
    this.#tell("end");
    await this.#ended;
  }

  #tell(order: Order): void {
    this.#worker.postMessage(order);
  }

  #hear(answer: Answer): void {
    const question = this.#questions.get(answer.id);
    this.#questions.delete(answer.id);
    if ("failure" in answer) question?.reject(answer.failure);
    else question?.resolve(answer.value);
  }

  #failAll(): void {
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const { turn, reject } of questions) reject(deathOf(this.#error, isBegun(turn)));
  }
}

function deathOf(error: Error | undefined, mayHaveApplied: boolean): Failure {
  const message = `the thread that talks to the file has died${error === undefined ? "" : `: ${error.message}`}`;
  return { message, stack: error?.stack, rawCode: undefined, coded: undefined, hasDied: true, mayHaveApplied };
}

/** As compiled as this file is. */
const ENTRY = new URL("./worker.ts", import.meta.url).href.replace(/ts$/, import.meta.url.slice(-2));

/**
 * As published it is plain JavaScript. In the repository it is TypeScript, which a thread can't begin with, whatever flags it
 * is given: there it is compiled first, once for all threads, by the esbuild behind tsx, which whoever runs these sources has.
 */
function workerFor(start: Start): Worker {
  if (!ENTRY.endsWith("ts")) return new Worker(new URL(ENTRY), { workerData: start });
  compiled ??= compile();
  return new Worker(compiled, { eval: true, workerData: start, execArgv: [] });
}

let compiled: string | undefined;

/** What is used of the package of that name. */
interface Esbuild {
  buildSync(options: object): { readonly outputFiles: readonly { readonly text: string }[] };
}

/** With what it imports of the repository; the driver is found from where the source is. */
function compile(): string {
  const require = createRequire(import.meta.url);
  const esbuild = createRequire(require.resolve("tsx"))("esbuild") as Esbuild; // As it documents itself.
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [fileURLToPath(ENTRY)],
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20.19",
    keepNames: true,
    external: ["libsql"],
    write: false,
  });
  return `require = require("node:module").createRequire(${JSON.stringify(ENTRY)});${outputFiles[0]?.text ?? ""}`;
}

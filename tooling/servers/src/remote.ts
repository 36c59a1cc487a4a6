/** For examples and tests: something that lives in a process of its own, is asked from here by name, and can be killed. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What can be asked: arguments and answers are data, so that they can cross between processes. */
export type Askable<T> = { readonly [Verb in keyof T]: (...args: never[]) => Promise<unknown> };

interface Request {
  readonly id: number;
  readonly verb: string;
  readonly args: readonly unknown[];
}

/** The first one, with id 0, says that it is open. */
type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RemoteProcess<T extends Askable<T>> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.once("exit", (code, signal) => this.#end(`its process ended with ${signal ?? code}`));
  }

  /**
   * Runs the TypeScript file `path`, which calls {@link answerParent}; resolves when what it has opened is open.
   *
   * @throws Error with what it says about why it is not.
   */
  static async start<T extends Askable<T>>(path: string, args: readonly string[]): Promise<RemoteProcess<T>> {
    const execArgv = ["--import", import.meta.resolve("tsx")];
    const remote = new RemoteProcess<T>(fork(path, [...args], { execArgv, serialization: "advanced" }));
    try {
      await remote.#answer(0);
      return remote;
    } catch (error) {
      await remote[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws Error with what was thrown there, or when the process ends before it answers. */
  async ask<Verb extends keyof T & string>(
    verb: Verb,
    ...args: Parameters<T[Verb]>
  ): Promise<Awaited<ReturnType<T[Verb]>>> {
    this.#asked += 1;
    const answer = this.#answer(this.#asked);
    const request: Request = { id: this.#asked, verb, args };
    if (this.#child.connected) this.#child.send(request, (error) => error !== null && this.#end(error.message));
    else this.#end("its process has ended");
    return (await answer) as Awaited<ReturnType<T[Verb]>>; // The method of that name gave it, in the other process.
  }

  /** At once and without a word; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited();
  }

  /** It stands still, with all that it has open; what it is asked meanwhile waits. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Ends {@link freeze}. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Lets it dispose of what it has opened; resolves when it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited();
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.result);
  }

  #end(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  async #exited(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

/** The other side: does what the parent asks, disposes of what was opened when the parent lets go of it, and exits. */
export function answerParent<T extends AsyncDisposable>(opening: Promise<T>): void {
  process.on("SIGINT", () => {}); // Ctrl-C goes to everyone on the terminal; the parent decides what comes of it.
  const end = (): void => {
    const exit = (): void => process.exit();
    opening.then((opened) => opened[Symbol.asyncDispose]()).then(exit, exit);
  };
  process.on("disconnect", end);
  if (!process.connected) end(); // It has gone while this was loading.
  process.on("message", ({ id, verb, args }: Request) =>
    answer(id, async () => callable(await opening, verb)(...args)),
  );
  answer(0, async () => void (await opening));
}

/** The parent has checked verb and arguments: both sides are compiled against the same type. */
function callable<T extends object>(opened: T, verb: string): (...args: readonly unknown[]) => unknown {
  const method = (opened as Readonly<Record<string, unknown>>)[verb];
  if (typeof method !== "function") throw new TypeError(`there is no ${verb}`);
  return (...args) => method.apply(opened, args) as unknown;
}

function answer(id: number, work: () => Promise<unknown>): void {
  work().then(
    (result) => send({ id, result }),
    (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
  );
}

function send(reply: Reply): void {
  if (process.connected) process.send?.(reply);
}

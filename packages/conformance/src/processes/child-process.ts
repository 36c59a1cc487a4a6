/** The other end of a process that may die: what it is asked, what it answers, and that it has died. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Call } from "@muster/core/slots";
import { errorOffWire, errorOnWire, type Order, type Report, type Target } from "./wire.ts";

/** The longest that an error of this process goes on about what the other one has written. */
const TAIL = 2_000;
/** By then whoever was told to die has done so by itself. */
const LAST_MS = 10_000;

export interface ChildOptions extends Program {
  readonly args: readonly unknown[];
  readonly execArgv: readonly string[] | undefined;
}

/** What a process runs. */
export interface Program {
  /** The other end of its {@link Child}. */
  readonly entry: URL;
  /** The subject's. */
  readonly module: URL;
}

/** An answer that is waited for. */
interface Question {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Child {
  /** Resolves when it has imported the subject; rejects when it has ended before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, whatever the reason, and all that it had said has been heard. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #questions = new Map<number, Question>();
  readonly #routes = new Map<number, (state: "up" | "down") => void>();
  readonly #outbox: Order[] = [];
  #ids = 0;
  #stderr = "";
  #isDoomed = false;
  #hasEnded = false;

  constructor({ entry, module, args, execArgv = flagsFor({ entry, module }) }: ChildOptions) {
    this.#process = fork(fileURLToPath(entry), [module.href, JSON.stringify(args)], {
      execArgv: [...execArgv],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-TAIL);
    });
    this.ready = this.#answer(0).then(() => {});
    this.ready.catch(() => {}); // Told to whoever takes it.
    this.ended = once(this.#process, "close").then(() => this.#end());
    this.#process.on("message", (report) => this.#hear(report as Report)); // Only child.ts is at the other end.
    this.#process.on("error", () => {}); // What can't be sent to it any more is answered by its end.
  }

  /** Whether it alone keeps this process from ending. */
  set isAwaited(isAwaited: boolean) {
    const action = isAwaited ? "ref" : "unref";
    this.#process[action]();
    this.#process.channel?.[action]();
    const stderr = this.#process.stderr as Socket | null; // As every pipe of a child process is.
    stderr?.[action]();
  }

  /** Asks, and waits. Never settles once it is doomed and has gone. @throws Error: it has ended by itself. */
  async ask(target: Target, method: string, args: readonly unknown[], call?: Call): Promise<unknown> {
    return this.begin(target, method, args, call).answer;
  }

  /** As {@link ask}; the number under which what the call leaves open is a target, too. */
  begin(
    target: Target,
    method: string,
    args: readonly unknown[],
    call?: Call,
  ): { readonly id: number; readonly answer: Promise<unknown> } {
    this.#ids += 1;
    const id = this.#ids;
    const answer = this.#answer(id);
    const ended = call?.signal.aborted === true && { ended: errorOnWire(call.signal.reason) };
    this.#send({ kind: "call", id, target, method, args, ...ended });
    if (this.#hasEnded) this.#failAll();
    return { id, answer: call === undefined ? answer : this.#whileGoing(id, call, answer) };
  }

  /** Gives up what began under that number as soon as the call ends, until disposed of. */
  follow(id: number, { signal }: Call): Disposable {
    const giveUp = (): void => this.#send({ kind: "give up", id, reason: errorOnWire(signal.reason) });
    signal.addEventListener("abort", giveUp, { once: true });
    return { [Symbol.dispose]: () => signal.removeEventListener("abort", giveUp) };
  }

  /** Once, when it has ended. */
  onEnd(listener: () => void): void {
    this.#process.once("close", listener);
  }

  onRoute(inbox: number, listener: (state: "up" | "down") => void): void {
    this.#routes.set(inbox, listener);
  }

  /** Resolves when it is dead. */
  async die(turn: number): Promise<void> {
    this.#isDoomed = true;
    this.#send({ kind: "die", turn });
    const last = setTimeout(() => this.kill(), LAST_MS);
    await this.ended;
    clearTimeout(last);
  }

  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** At once, whatever it is doing. */
  kill(): void {
    this.#isDoomed = true;
    this.#process.kill("SIGKILL");
  }

  async #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
    });
  }

  async #whileGoing(id: number, call: Call, answer: Promise<unknown>): Promise<unknown> {
    using _following = this.follow(id, call);
    return await answer;
  }

  /** What is said in one turn travels together. */
  #send(order: Order): void {
    this.#outbox.push(order);
    if (this.#outbox.length === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const orders = this.#outbox.splice(0);
    if (this.#process.connected) this.#process.send(orders, () => {}); // What gets lost is answered by its end.
  }

  #hear(report: Report): void {
    if (report.kind === "route") return this.#routes.get(report.inbox)?.(report.state);
    const id = report.kind === "ready" ? 0 : report.id;
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (report.kind === "failure") question?.reject(errorOffWire(report.error));
    else question?.resolve(report.kind === "answer" ? report.value : undefined);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#failAll();
  }

  /** The questions of whoever was killed stay open: nobody hears from the dead. */
  #failAll(): void {
    const open = [...this.#questions.values()];
    this.#questions.clear();
    if (this.#isDoomed) return;
    const { exitCode, signalCode } = this.#process;
    const how = `a process that was not to die yet has ended (${signalCode ?? exitCode})`;
    for (const { reject } of open) reject(new Error(this.#stderr === "" ? how : `${how}:\n${this.#stderr}`));
  }
}

/** As compiled as this file is. */
export const ENTRY: URL = new URL(
  new URL("./child.ts", import.meta.url).href.replace(/ts$/, import.meta.url.slice(-2)),
);

/** TypeScript is run by tsx, if the subject's package has that. */
function flagsFor({ entry, module }: Program): readonly string[] {
  if (![module, entry].some(({ pathname }) => /\.[cm]?tsx?$/.test(pathname))) return [];
  return ["--import", pathToFileURL(createRequire(module).resolve("tsx")).href];
}

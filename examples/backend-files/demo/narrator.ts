import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of this folder in a process of its own, that is given one argument and tells what it does, line by line. */
export class Narrator implements AsyncDisposable {
  readonly said: string[] = [];
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #hasEnded: Promise<unknown>;

  constructor(name: string, argument: string) {
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, argument], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#name = name;
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    this.#hasEnded = once(this.#lines, "close");
    this.#lines.on("line", (line) => {
      this.said.push(line);
      console.log(`${name}: ${line}`);
    });
  }

  /** Resolves when it has said something that begins so. */
  async says(beginning: string): Promise<void> {
    while (!this.said.some((line) => line.startsWith(beginning))) {
      const isOver = await Promise.race([once(this.#lines, "line").then(() => false), this.#hasEnded.then(() => true)]);
      if (isOver) throw new Error(`${this.#name} has ended without a line that begins with "${beginning}"`);
    }
  }

  /** Without warning. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#hasEnded;
  }
}

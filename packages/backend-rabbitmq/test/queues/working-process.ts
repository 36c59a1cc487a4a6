/** A process that serves identities: `working-process.ts <url> <prefix> <session> <heartbeatMs>`. */

import { existsSync } from "node:fs";
import { answerParent } from "@muster/servers/remote";
import { callOf } from "@muster/testing";
import { type Handed, Process } from "./support.ts";

export class WorkingProcess implements AsyncDisposable {
  readonly #process: Process;
  /** What a handler would have been started with. */
  readonly #started: string[] = [];
  #listening: Promise<string> | undefined;

  private constructor(process: Process) {
    this.#process = process;
  }

  static async open([
    url = "",
    prefix = "",
    session = "",
    heartbeatMs = "",
  ]: readonly string[]): Promise<WorkingProcess> {
    return new WorkingProcess(await Process.start(session, { url, prefix, heartbeatMs: Number(heartbeatMs) }));
  }

  async attach(identities: readonly string[], epoch: number): Promise<void> {
    await this.#process.attach(identities, epoch);
  }

  /** One, when it has come. */
  async take(): Promise<Handed> {
    for (;;) {
      const [one] = await this.#dequeue(1, 5_000);
      if (one !== undefined) return one;
    }
  }

  async acknowledge(receipt: string): Promise<readonly string[]> {
    using call = callOf();
    const failures = await this.#process.backend.settleMany([{ receipt, as: "ack" }], call);
    return failures.map(({ error }) => error.code);
  }

  /** Puts off what it was given, and waits for that and whatever else comes, without anybody waiting for it. */
  async listen(receipt: string, delayMs: number): Promise<void> {
    using call = callOf();
    await this.#process.backend.settleMany([{ receipt, as: "retry", delayMs }], call);
    this.#listening = this.#dequeue(1_000, 60_000).then(
      (handed) => `${handed.length} handed out`,
      (error: unknown) => `it failed: ${String(error)}`,
    );
    await this.#process.backend.extendMany([], 60_000, call); // Behind what it was asked first.
  }

  /** Does the same, and nothing else until there is such a file; then first what has become due. */
  async listenAndBeBusy(receipt: string, delayMs: number, until: string): Promise<void> {
    await this.listen(receipt, delayMs);
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    setImmediate(() => {
      while (!existsSync(until)) Atomics.wait(nothing, 0, 0, 10);
    });
  }

  /** What has become of that. */
  async heard(): Promise<string> {
    return (await this.#listening) ?? "nobody listens";
  }

  async started(): Promise<readonly string[]> {
    return this.#started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  async #dequeue(max: number, waitMs: number): Promise<readonly Handed[]> {
    const handed = await this.#process.take(max, 1_000, waitMs);
    this.#started.push(...handed.map(({ id, identity }) => `${id} for ${identity}`));
    return handed;
  }
}

answerParent(WorkingProcess.open(process.argv.slice(2)));

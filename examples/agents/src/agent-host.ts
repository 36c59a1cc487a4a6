/** The process that serves the agents of one host; it can be killed, and is then started again. */

import { fileURLToPath } from "node:url";
import { RemoteProcess } from "@muster/servers/remote";
import type { HostName } from "./cast.ts";
import type { Place } from "./slots.ts";

const AGENT_PROCESS = fileURLToPath(new URL("agent-process.ts", import.meta.url));

export class AgentHost implements AsyncDisposable {
  readonly #name: HostName;
  readonly #place: Place;
  /** Nothing is asked of it but to be there. */
  #process: Promise<RemoteProcess<object>> | undefined;

  constructor(name: HostName, place: Place) {
    this.#name = name;
    this.#place = place;
  }

  /** Resolves when its agents can be reached. @throws Error with what it says about why they can't. */
  async start(): Promise<void> {
    const { url, schemaName } = this.#place;
    this.#process = RemoteProcess.start<object>(AGENT_PROCESS, [this.#name, url, schemaName]);
    await this.#process;
  }

  /** At once and without a word; resolves when it is dead. */
  async kill(): Promise<void> {
    await (await this.#process)?.kill();
  }

  /** Also of one that is starting. */
  async [Symbol.asyncDispose](): Promise<void> {
    const started = await this.#process?.catch(() => undefined); // One that couldn't start has ended.
    await started?.[Symbol.asyncDispose]();
  }
}

/** A node in a process of its own. */

import { fileURLToPath } from "node:url";
import { RemoteProcess } from "@muster/servers/remote";
import type { Chat } from "./chat.ts";
import type { Urls } from "./compositions.ts";
import type { MortalChat } from "./story.ts";

const CHAT_PROCESS = fileURLToPath(new URL("chat-process.ts", import.meta.url));

export class RemoteChat implements MortalChat, AsyncDisposable {
  readonly #process: RemoteProcess<Chat>;

  private constructor(process: RemoteProcess<Chat>) {
    this.#process = process;
  }

  /** @param on names a composition. Resolves when the node is open. @throws Error with what it says about why it is not. */
  static async open(namespace: string, on: string, urls: Urls): Promise<RemoteChat> {
    return new RemoteChat(await RemoteProcess.start<Chat>(CHAT_PROCESS, [namespace, on, JSON.stringify(urls)]));
  }

  readonly join: Chat["join"] = (...args) => this.#process.ask("join", ...args);
  readonly change: Chat["change"] = (...args) => this.#process.ask("change", ...args);
  readonly leave: Chat["leave"] = (...args) => this.#process.ask("leave", ...args);
  readonly list: Chat["list"] = (...args) => this.#process.ask("list", ...args);
  readonly say: Chat["say"] = (...args) => this.#process.ask("say", ...args);
  readonly leaveWord: Chat["leaveWord"] = (...args) => this.#process.ask("leaveWord", ...args);
  readonly heard: Chat["heard"] = (...args) => this.#process.ask("heard", ...args);

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Lets it end its users' registrations. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

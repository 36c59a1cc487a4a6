/** A node in a process of its own. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Chat } from "./chat.ts";
import type { Reply, Request } from "./request.ts";
import type { MortalChat } from "./story.ts";

const CHAT_PROCESS = fileURLToPath(new URL("chat-process.ts", import.meta.url));

/** Where its servers are. */
export interface Urls {
  readonly redis: string;
  readonly nats: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RemoteChat implements MortalChat, AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.once("exit", (code, signal) => this.#end(`its process ended with ${signal ?? code}`));
  }

  /** Resolves when the node is open. @throws Error with what it says about why it is not. */
  static async open(namespace: string, { redis, nats }: Urls): Promise<RemoteChat> {
    const execArgv = ["--import", import.meta.resolve("tsx")];
    const chat = new RemoteChat(fork(CHAT_PROCESS, [namespace, redis, nats], { execArgv, serialization: "advanced" }));
    try {
      await chat.#answer(0);
      return chat;
    } catch (error) {
      await chat[Symbol.asyncDispose]();
      throw error;
    }
  }

  readonly join: Chat["join"] = (...args) => this.#ask("join", args);
  readonly change: Chat["change"] = (...args) => this.#ask("change", args);
  readonly leave: Chat["leave"] = (...args) => this.#ask("leave", args);
  readonly list: Chat["list"] = (...args) => this.#ask("list", args);
  readonly say: Chat["say"] = (...args) => this.#ask("say", args);
  readonly heard: Chat["heard"] = (...args) => this.#ask("heard", args);

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited();
  }

  /** Lets it end its users' registrations. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited();
  }

  async #ask<Result>(verb: keyof Chat, args: Request["args"]): Promise<Result> {
    this.#asked += 1;
    const answer = this.#answer(this.#asked);
    const request: Request = { id: this.#asked, verb, args };
    this.#child.send(request, (error) => error !== null && this.#end(error.message));
    return (await answer) as Result; // The method of the same name gave it, in the other process.
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

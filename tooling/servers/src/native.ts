import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { answering } from "./answering.ts";
import { childrenOf, isGone, isStopped, startChild } from "./child.ts";
import type { Child } from "./child.ts";
import type { Address } from "./conversation.ts";
import type { Housing } from "./housing.ts";
import { ownServer } from "./own-server.ts";
import type { ReservedPorts } from "./ports.ts";
import { runTool } from "./tool.ts";
import { commandOf, type NodeOptions, type Place, type Recipe, toolOf } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import type { Server, ServerKind } from "./server.ts";

const HOST = "127.0.0.1";

// Debian keeps nats-server where only root's PATH leads.
const moreFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/** The path of the server's program, or undefined where it is not installed. */
export function nativeBinary(kind: ServerKind): string | undefined {
  const { binary, build, folders = () => [] } = recipes[kind];
  const everybodys = [...(process.env["PATH"] ?? "").split(delimiter), ...moreFolders, ...folders()];
  return (build === undefined ? everybodys : [build.folder()])
    .filter(Boolean)
    .map((folder) => join(folder, binary))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

class ChildHousing implements Housing {
  version = "";
  readonly address: Address;
  readonly #recipe: Recipe;
  readonly #binary: string;
  readonly #directory: string;
  readonly #reserved: ReservedPorts;
  readonly #options: NodeOptions;
  #child: Child | undefined;

  constructor(recipe: Recipe, binary: string, directory: string, reserved: ReservedPorts, options: NodeOptions) {
    this.#recipe = recipe;
    this.#binary = binary;
    this.#directory = directory;
    this.#reserved = reserved;
    this.#options = options;
    this.address = { host: HOST, port: reserved.port };
  }

  async launch(): Promise<void> {
    this.#child = await startChild(commandOf(this.#recipe, this.#binary, this.#place, this.#options), this.#directory);
    try {
      await this.answers();
    } catch (error) {
      await this.signal("SIGKILL");
      throw new Error(`${this.#binary} did not start; its last lines:\n${await this.#child.log()}`, { cause: error });
    }
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(this.#child?.isAlive() ?? false);
  }

  async signal(name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !child.isAlive()) return;
    const { hasChildren = false, endSignal = "SIGTERM" } = this.#recipe;
    // Asked to end, the first one ends the others.
    const others = hasChildren && name !== "SIGTERM" ? await this.#others(child) : [];
    for (const pid of others) send(pid, name);
    send(child.pid, name === "SIGTERM" ? endSignal : name);
    if (name === "SIGTERM" || name === "SIGKILL") await child.ended;
    while (name === "SIGSTOP" && ![child.pid, ...others].every(isStopped)) await delay(1);
    // One that is left of them keeps the next server from starting over the same data.
    while (name === "SIGKILL" && !others.every(isGone)) await delay(1);
  }

  get #place(): Place {
    const { sidePorts = this.#reserved.sidePorts } = this.#options;
    return { ...this.address, sidePorts, directory: this.#directory, reachedAt: this.address.port };
  }

  /** The server's further processes, when it can make no more of them. */
  async #others({ pid, isAlive }: Child): Promise<readonly number[]> {
    send(pid, "SIGSTOP");
    while (isAlive() && !isStopped(pid)) await delay(1);
    return childrenOf(pid);
  }

  async answers(): Promise<void> {
    const isHopeless = (): boolean => this.#child?.isAlive() !== true;
    this.version = await answering(this.#recipe, this.address, this.#options.password, { isHopeless });
  }

  administer(command: readonly string[]): Promise<string> {
    return runTool(toolOf(this.#recipe, this.#place, command), this.#directory);
  }

  async remove(): Promise<void> {
    await this.signal("SIGKILL");
    this.#reserved.release();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** To a process that may have ended by itself meanwhile. */
function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/**
 * A server as a child process on 127.0.0.1 that answers, with a port and a data directory of its own.
 *
 * @throws Error with the server's last log lines when it does not start.
 */
export function nativeServer(kind: ServerKind, binary: string, options: NodeOptions): Promise<Server> {
  return ownServer(kind, "native", async (reserved) => {
    const directory = await mkdtemp(join(tmpdir(), `muster-${kind}-`));
    return new ChildHousing(recipes[kind], binary, directory, reserved, options);
  });
}

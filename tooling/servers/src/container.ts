import { setTimeout as delay } from "node:timers/promises";
import { GenericContainer, getContainerRuntimeClient } from "testcontainers";
import type { ContainerRuntimeClient, StartedTestContainer, WaitStrategy } from "testcontainers";
import { answering } from "./answering.ts";
import type { Address } from "./conversation.ts";
import type { Housing } from "./housing.ts";
import { ownServer } from "./own-server.ts";
import type { ReservedPorts } from "./ports.ts";
import { commandOf, type NodeOptions, type Place, type Recipe, toolOf } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import type { Server, ServerKind } from "./server.ts";

/** A mapped port reaches the server from everywhere; members of a cluster find each other on the engine's own host. */
export type ContainerNetwork = "mapped" | "host";

const DIRECTORY = "/data";
const SILENCE_MS = 100;
const LOG_LINES = 30;

/** What testcontainers waits for: nothing. Only the server's protocol says when it is there. */
const noWait: WaitStrategy = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};

class ContainerHousing implements Housing {
  version = "";
  address: Address;
  readonly #recipe: Recipe;
  readonly #reserved: ReservedPorts;
  readonly #network: ContainerNetwork;
  readonly #options: NodeOptions;
  readonly #client: ContainerRuntimeClient;
  #container: StartedTestContainer | undefined;

  constructor(
    recipe: Recipe,
    reserved: ReservedPorts,
    network: ContainerNetwork,
    options: NodeOptions,
    client: ContainerRuntimeClient,
  ) {
    this.#recipe = recipe;
    this.#reserved = reserved;
    this.#network = network;
    this.#options = options;
    this.#client = client;
    const { host } = client.info.containerRuntime;
    this.address = { host: host === "localhost" ? "127.0.0.1" : host, port: reserved.port };
  }

  async launch(): Promise<void> {
    if (this.#container === undefined) await this.#create();
    else await this.#engine(this.#container).start();
    try {
      await this.answers();
    } catch (error) {
      if (await this.isAlive()) await this.signal("SIGKILL"); // The log of one that lives has no end.
      throw new Error(`${this.#recipe.binary} did not start; its last lines:\n${await this.#log()}`, { cause: error });
    }
  }

  async isAlive(): Promise<boolean> {
    if (this.#container === undefined) return false;
    return (await this.#engine(this.#container).inspect()).State.Running;
  }

  async signal(name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    if (this.#container === undefined) return;
    const container = this.#engine(this.#container);
    const { hasChildren = false, endSignal } = this.#recipe;
    const isPause = name === "SIGSTOP" || name === "SIGCONT";
    // Not the engine's pause, which does nothing where there are no cgroups.
    await container.kill({ signal: name === "SIGTERM" ? (endSignal ?? name) : name });
    // The engine's signal reaches only the first process; this all but that one.
    if (hasChildren && isPause) await this.#container.exec(["sh", "-c", `kill -${name.slice(3)} -1`]);
    if (name === "SIGTERM" || name === "SIGKILL") await container.wait();
    while (name === "SIGSTOP" && !(await this.#isSilent())) await delay(1);
  }

  async answers(): Promise<void> {
    this.version = await answering(this.#recipe, this.address, this.#options.password);
  }

  async administer(command: readonly string[]): Promise<string> {
    const tool = toolOf(this.#recipe, this.#place, command);
    const { exitCode, stdout = "", stderr } = (await this.#container?.exec([...tool])) ?? { exitCode: -1, stderr: "" };
    if (exitCode !== 0) throw new Error(`${command.join(" ")} failed: ${stderr}${stdout}`);
    return stdout;
  }

  async remove(): Promise<void> {
    await this.#container?.stop({ timeout: 1, remove: true, removeVolumes: true });
    this.#reserved.release();
  }

  async #create(): Promise<void> {
    const { image, imageVariable, binary, defaultPort } = this.#recipe;
    const { port } = this.#reserved;
    const container = new GenericContainer(process.env[imageVariable] ?? image)
      .withCommand([...commandOf(this.#recipe, binary, this.#place, this.#options)])
      .withWorkingDir(DIRECTORY)
      .withWaitStrategy(noWait);
    if (this.#network === "host") container.withNetworkMode("host");
    else container.withExposedPorts({ container: defaultPort, host: port });
    this.#container = await container.start();
  }

  get #place(): Place {
    const listening = this.#network === "host" ? this.address : { host: "0.0.0.0", port: this.#recipe.defaultPort };
    const { sidePorts = this.#reserved.sidePorts } = this.#options;
    return { ...listening, sidePorts, directory: DIRECTORY, reachedAt: this.address.port };
  }

  #engine(container: StartedTestContainer): ReturnType<ContainerRuntimeClient["container"]["getById"]> {
    return this.#client.container.getById(container.getId());
  }

  #isSilent(): Promise<boolean> {
    return this.#recipe.askVersion(this.address, this.#options.password, SILENCE_MS).then(
      () => false,
      () => true,
    );
  }

  async #log(): Promise<string> {
    let text = "";
    const stream = await this.#container?.logs({ tail: LOG_LINES });
    for await (const chunk of stream ?? []) text += String(chunk);
    return text;
  }
}

/**
 * A server in a container that answers; its port and data stay through restarts.
 *
 * @throws Error with the server's last log lines when it does not start, or with the engine's words.
 */
export async function containerServer(
  kind: ServerKind,
  options: NodeOptions,
  network: ContainerNetwork = "mapped",
): Promise<Server> {
  const client = await getContainerRuntimeClient();
  return ownServer(kind, "container", (reserved) =>
    Promise.resolve(new ContainerHousing(recipes[kind], reserved, network, options, client)),
  );
}

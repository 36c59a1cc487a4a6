/** Erlang's port mapper, through which the nodes of a cluster find each other: one that outlives each of them. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startChild } from "./child.ts";
import type { Companion } from "./cluster.ts";
import { converse } from "./conversation.ts";
import type { Source } from "./origin.ts";
import { reservePort } from "./ports.ts";
import type { Recipe } from "./recipe.ts";

const HOST = "127.0.0.1";
const NAMES_REQUEST = "\0\u0001n";
const PORT_BYTES = 4;
const ANSWERS_WITHIN_MS = 20_000;

/**
 * On a port of its own, from where the servers come; it ends with this process at the latest.
 *
 * @throws Error when it does not start.
 */
export async function obtainPortMapper(source: Source, recipe: Recipe): Promise<Companion> {
  const { port, release } = await reservePort();
  const command = ["epmd", "-address", HOST, "-port", String(port)];
  const end = source.origin === "container" ? await inContainer(recipe, command) : await asChild(command);
  const companion: Companion = {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      await end();
      release();
    },
  };
  try {
    await answers(port);
    return companion;
  } catch (error) {
    await companion[Symbol.asyncDispose]();
    throw error;
  }
}

async function asChild(command: readonly string[]): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "muster-epmd-"));
  const child = await startChild(command, directory);
  return async () => {
    if (child.isAlive()) process.kill(child.pid, "SIGKILL");
    await child.ended;
    await rm(directory, { recursive: true, force: true });
  };
}

async function inContainer({ image, imageVariable }: Recipe, command: readonly string[]): Promise<() => Promise<void>> {
  const { GenericContainer } = await import("testcontainers");
  const container = await new GenericContainer(process.env[imageVariable] ?? image)
    .withNetworkMode("host")
    .withEntrypoint([])
    .withCommand([...command])
    .start();
  return async () => void (await container.stop({ timeout: 1, remove: true }));
}

async function answers(port: number): Promise<void> {
  const deadline = performance.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      await converse({ host: HOST, port }, NAMES_REQUEST, (received) => received.length >= PORT_BYTES || undefined);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw new Error("no answer from Erlang's port mapper", { cause: error });
      await delay(20);
    }
  }
}

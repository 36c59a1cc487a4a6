import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

const POLL_MS = 15;

/** How long to wait for an answer, by default 30 s, and what ends the waiting early, such as the process's end. */
interface Patience {
  readonly withinMs?: number;
  readonly isHopeless?: () => boolean;
}

/**
 * The server's version, once it answers its protocol.
 *
 * @throws Error when patience ends; its cause is what the last attempt met.
 */
export async function answering(
  recipe: Recipe,
  address: Address,
  password: string | undefined,
  { withinMs = 30_000, isHopeless = () => false }: Patience = {},
): Promise<string> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await recipe.askVersion(address, password);
    } catch (error) {
      if (isHopeless() || performance.now() > deadline) {
        throw new Error(`no answer from ${recipe.binary} at ${address.host}:${address.port}`, { cause: error });
      }
      await delay(POLL_MS);
    }
  }
}

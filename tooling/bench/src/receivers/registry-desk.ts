import type { RegistryBackend } from "@muster/core/slots";
import { CALL } from "../store.ts";
import type { RegistryReply, RegistryRequest } from "./plan.ts";

type AnyMethod = (...inputs: readonly unknown[]) => Promise<unknown> | AsyncIterable<unknown>;

/** The sender's end of {@link remoteRegistry}. An error ends the sender: no scenario provokes one. */
export async function answerFrom(
  registry: RegistryBackend,
  { id, method, inputs }: RegistryRequest,
): Promise<RegistryReply> {
  // The other end took its inputs with the types of this very method.
  const result = (registry[method] as AnyMethod).call(registry, ...inputs, CALL);
  return { kind: "registry", id, result: result instanceof Promise ? await result : await pagesOf(result) };
}

async function pagesOf(pages: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/**
 * A registry in the memory of the sender, as the fleets of a receiving process see it. With it a multicast is measured
 * between real processes without the price of a registry server; registering, which goes this way, is not timed.
 */

import { memoryRegistry } from "@muster/backend-memory";
import type { RegistryBackend } from "@muster/core/slots";
import type { RegistryMethod, RegistryReply } from "./plan.ts";
import { tell } from "./telling.ts";

type Settle = (result: unknown) => void;

const asked = new Map<number, Settle>();
let requests = 0;

/** One more view of the sender's registry; `open` and `close` leave that alone. */
export function remoteRegistry(): RegistryBackend {
  const close = async (): Promise<void> => {};
  return {
    name: "remote",
    traits: memoryRegistry().traits,
    open: close,
    close,
    [Symbol.asyncDispose]: close,
    setMany: (entries) => ask("setMany", entries),
    getMany: (identities) => ask("getMany", identities),
    renewMany: (leases) => ask("renewMany", leases),
    deleteMany: (keys) => ask("deleteMany", keys),
    reap: (options) => ask("reap", options),
    confirmMany: (claims) => ask("confirmMany", claims),
    census: () => ask("census"),
    scan: (query) => askForPages("scan", query),
    scanRoutes: (query) => askForPages("scanRoutes", query),
  };
}

export function answered({ id, result }: RegistryReply): void {
  asked.get(id)?.(result);
  asked.delete(id);
}

function ask<Result>(method: RegistryMethod, ...inputs: readonly unknown[]): Promise<Result> {
  const id = (requests += 1);
  return new Promise((resolve) => {
    asked.set(id, (result) => resolve(result as Result)); // What the same method of the sender's registry gave.
    tell({ kind: "registry", id, method, inputs });
  });
}

async function* askForPages<Item>(
  method: RegistryMethod,
  query: unknown,
): AsyncGenerator<readonly Item[], void, undefined> {
  yield* await ask<readonly (readonly Item[])[]>(method, query);
}

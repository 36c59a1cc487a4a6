import { serverByUrl } from "./by-url.ts";
import type { ContainerNetwork } from "./container.ts";
import { nativeServer } from "./native.ts";
import { sourceOf } from "./origin.ts";
import type { Source } from "./origin.ts";
import type { NodeOptions } from "./recipe.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";

/** Obtains the server from exactly there. */
export async function serverFrom(
  source: Source,
  kind: ServerKind,
  options: NodeOptions,
  network?: ContainerNetwork,
): Promise<Server> {
  switch (source.origin) {
    case "url":
      return serverByUrl(kind, source.url, options);
    case "native":
      return nativeServer(kind, source.binary, options);
    case "container": {
      const { containerServer } = await import("./container.ts");
      return containerServer(kind, options, network);
    }
  }
}

/**
 * A server that answers, from where `MUSTER_SERVERS` and the environment say. Disposing of it ends the server and
 * removes its data; it ends with this process at the latest. One that came by URL stays as it is.
 *
 * @throws MissingServerError when there is none to be had, with the command that gets one.
 * @throws Error when it does not start, with its last log lines.
 */
export async function obtainServer(kind: ServerKind, options: ServerOptions = {}): Promise<Server> {
  return serverFrom(await sourceOf(kind), kind, options);
}

import { serverByUrl } from "./by-url.ts";
import { nativeServer } from "./native.ts";
import { sourceOf } from "./origin.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";

/**
 * A server that answers, from where `MUSTER_SERVERS` and the environment say. Disposing of it ends the server and
 * removes its data; it ends with this process at the latest. One that came by URL stays as it is.
 *
 * @throws MissingServerError when there is none to be had, with the command that gets one.
 * @throws Error when it does not start, with its last log lines.
 */
export async function obtainServer(kind: ServerKind, options: ServerOptions = {}): Promise<Server> {
  const source = sourceOf(kind);
  if (source.origin === "url") return serverByUrl(kind, source.url, options);
  return nativeServer(kind, source.binary, options);
}

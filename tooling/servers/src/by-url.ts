import { answering } from "./answering.ts";
import { recipes } from "./recipes.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";

/**
 * A server that somebody else runs. Its password, where it has one, is part of the URL.
 *
 * @throws Error when it does not answer within 10 s, when the URL is of another protocol, or when options are asked
 *   for that only a server of one's own can be given.
 */
export async function serverByUrl(kind: ServerKind, url: string, options: ServerOptions): Promise<Server> {
  const recipe = recipes[kind];
  const { protocol, hostname, port: portText, password } = new URL(url);
  if (protocol !== recipe.scheme) throw new Error(`${recipe.urlVariable} is ${protocol}//…, not ${recipe.scheme}//…`);
  if (options.password !== undefined || options.arguments !== undefined) {
    throw new Error(`a server by ${recipe.urlVariable} can't be given a password or arguments`);
  }
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  const port = portText === "" ? recipe.defaultPort : Number(portText);
  const secret = password === "" ? undefined : decodeURIComponent(password);
  const version = await answering(recipe, { host, port }, secret, { withinMs: 10_000 });
  return { kind, origin: "url", url, host, port, version, [Symbol.asyncDispose]: () => Promise.resolve() };
}

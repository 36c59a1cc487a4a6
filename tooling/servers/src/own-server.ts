import { controlOf } from "./control.ts";
import type { Housing } from "./housing.ts";
import { type ReservedPorts, reservePorts } from "./ports.ts";
import { recipes } from "./recipes.ts";
import type { Origin, Server, ServerKind } from "./server.ts";

const PORTS_TRIED = 5;
const isTaken = (error: unknown): boolean =>
  /already (?:in use|allocated)|port is in use|eaddrinuse/i.test(String(error));

async function launched(sidePorts: number, house: (reserved: ReservedPorts) => Promise<Housing>): Promise<Housing> {
  for (let attempt = 1; ; attempt += 1) {
    const housing = await house(await reservePorts(sidePorts));
    try {
      await housing.launch();
      return housing;
    } catch (error) {
      await housing.remove();
      if (!isTaken(error) || attempt === PORTS_TRIED) throw error;
    }
  }
}

/**
 * A server that was started here and answers. Another port is tried when somebody else got there first.
 *
 * @throws Error with the server's last log lines when it does not start.
 */
export async function ownServer(
  kind: ServerKind,
  origin: Origin,
  house: (reserved: ReservedPorts) => Promise<Housing>,
): Promise<Server> {
  const { scheme, user, sidePorts = 0 } = recipes[kind];
  const housing = await launched(sidePorts, house);
  const { remove, ...control } = controlOf(housing);
  const { host, port } = housing.address;
  return {
    kind,
    origin,
    url: `${scheme}//${user === undefined ? "" : `${user}@`}${host}:${port}`,
    host,
    port,
    version: housing.version,
    control,
    [Symbol.asyncDispose]: remove,
  };
}

import { controlOf } from "./control.ts";
import type { Housing } from "./housing.ts";
import { reservePort } from "./ports.ts";
import type { ReservedPort } from "./ports.ts";
import { recipes } from "./recipes.ts";
import type { Origin, Server, ServerKind } from "./server.ts";

const PORTS_TRIED = 5;
const isTaken = (error: unknown): boolean => /already (?:in use|allocated)|port is in use/i.test(String(error));

async function launched(house: (reserved: ReservedPort) => Promise<Housing>): Promise<Housing> {
  for (let attempt = 1; ; attempt += 1) {
    const housing = await house(await reservePort());
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
  house: (reserved: ReservedPort) => Promise<Housing>,
): Promise<Server> {
  const housing = await launched(house);
  const { remove, ...control } = controlOf(housing);
  const { host, port } = housing.address;
  const { scheme, user } = recipes[kind];
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

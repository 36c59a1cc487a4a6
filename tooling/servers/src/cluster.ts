import { serverFrom } from "./obtain.ts";
import { type Source, sourceOf } from "./origin.ts";
import type { ReservedPort } from "./ports.ts";
import { reservePort } from "./ports.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";

/** Servers that act as one. Disposing of it ends them all. */
export interface ServerCluster extends AsyncDisposable {
  /** Each can be killed, frozen and started again by its own control, and comes back with its share. */
  readonly nodes: readonly Server[];
  readonly urls: readonly string[];
}

/** A server that was started here, and the port at which the others reach it. */
export interface ClusterNode {
  readonly server: Server;
  readonly bus: ReservedPort;
}

/** What all nodes need, and none of them should take with it when it is killed. */
export interface Companion extends AsyncDisposable {
  readonly port: number;
}

export interface ClusterRecipe {
  readonly kind: ServerKind;
  /** Names a cluster that runs already: its nodes, separated by commas. */
  readonly urlsVariable: string;
  readonly size: number;
  readonly options: ServerOptions;
  /** The command line of the node at this place, behind what a single server gets. */
  argumentsOf(bus: ReservedPort, buses: readonly ReservedPort[]): readonly string[];
  /** Runs from before the first node starts until all have ended. */
  companion?(source: Source): Promise<Companion>;
  /** What a node has instead of side ports of its own. @param shared of the companion, where there is one. */
  sidePortsOf?(bus: ReservedPort, shared: readonly number[]): readonly number[];
  /** None answers before most of them run. Default: one starts after the other. */
  readonly startTogether?: boolean;
  /** Resolves when the nodes act as one. */
  form(nodes: readonly ClusterNode[]): Promise<void>;
}

/**
 * @throws MissingServerError when there is no such server to be had, with the command that gets one.
 * @throws Error when the nodes do not start or do not find each other in time.
 */
export async function obtainCluster(recipe: ClusterRecipe): Promise<ServerCluster> {
  const { kind, urlsVariable, options } = recipe;
  const source = await sourceOf(kind, urlsVariable);
  if (source.origin === "url") {
    const urls = source.url.split(",").map((url) => url.trim());
    const nodes = await Promise.all(urls.map((url) => serverFrom({ origin: "url", url }, kind, options)));
    return { nodes, urls, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const buses: ReservedPort[] = [];
  const nodes: ClusterNode[] = [];
  const companion = await recipe.companion?.(source);
  try {
    for (let i = 0; i < recipe.size; i += 1) buses.push(await reservePort());
    const shared = companion === undefined ? [] : [companion.port];
    const start = async (bus: ReservedPort): Promise<void> => {
      const sidePorts = recipe.sidePortsOf?.(bus, shared);
      const own = { ...options, arguments: recipe.argumentsOf(bus, buses), ...(sidePorts && { sidePorts }) };
      const server = await serverFrom(source, kind, own, "host");
      nodes[buses.indexOf(bus)] = { server, bus };
    };
    if (recipe.startTogether === true) await allOf(buses.map(start));
    else for (const bus of buses) await start(bus);
    await recipe.form(nodes);
  } catch (error) {
    await end(nodes, buses, companion);
    throw error;
  }
  const servers = nodes.map(({ server }) => server);
  let ending: Promise<void> | undefined;
  return {
    nodes: servers,
    urls: servers.map(({ url }) => url),
    [Symbol.asyncDispose]: () => (ending ??= end(nodes, buses, companion)),
  };
}

/** Waits for all, so that nothing starts behind a failure. @throws what the first of them has thrown. */
async function allOf(starts: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(starts)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function end(
  nodes: readonly (ClusterNode | undefined)[],
  buses: readonly ReservedPort[],
  companion: Companion | undefined,
): Promise<void> {
  // Of those that were to start together one that has not leaves a gap.
  await Promise.all(nodes.map(async (node) => node?.server[Symbol.asyncDispose]()));
  await companion?.[Symbol.asyncDispose]();
  for (const bus of buses) bus.release();
}

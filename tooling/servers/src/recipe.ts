import type { Build } from "./builds.ts";
import type { Address } from "./conversation.ts";
import type { ServerOptions } from "./server.ts";

/** Where a server listens, and the folder that it has to itself. */
export interface Place extends Address {
  readonly directory: string;
  /** Where clients find it, on 127.0.0.1; for a server that tells them. */
  readonly reachedAt: number;
  /** As many as the recipe asks for. */
  readonly sidePorts: readonly number[];
}

/** What a node of a cluster is told besides. */
export interface NodeOptions extends ServerOptions {
  /** Reserved by the cluster. Default: the node's own. */
  readonly sidePorts?: readonly number[];
  /** Instead of the recipe's. */
  readonly command?: Recipe["command"];
}

/** What has to be known of a kind of server; everything else is the same for all. */
export interface Recipe {
  readonly binary: string;
  /** Where the binary may lie beside the `PATH`. */
  folders?(): readonly string[];
  /** Absent: there is none. */
  readonly debianPackage?: string;
  /** How it is made where no distribution has it; only what was made so is this server, whatever is installed. */
  readonly build?: Build;
  readonly image: string;
  /** Names another image. */
  readonly imageVariable: string;
  readonly defaultPort: number;
  /** How many more ports it takes, that are nobody's business but its own. Default 0. */
  readonly sidePorts?: number;
  readonly scheme: string;
  /** Who the URL says to connect as, where a client needs to be told. */
  readonly user?: string;
  /** Names a server that runs already. */
  readonly urlVariable: string;
  /** The command line, without the binary. */
  arguments(place: Place, options: ServerOptions): readonly string[];
  /**
   * The whole command, for a server that needs more than to be run with its arguments. What it becomes keeps its process
   * id. Default: the binary and its arguments.
   */
  command?(binary: string, args: readonly string[], place: Place, options: ServerOptions): readonly string[];
  /** What runs a tool that comes with the server, for this one. Absent: it has none. */
  administration?(place: Place, command: readonly string[]): readonly string[];
  /** The server is several processes: signals go to the children of the first one, too. */
  readonly hasChildren?: boolean;
  /** What asks it to end, whoever is connected. Default: SIGTERM. */
  readonly endSignal?: "SIGINT";
  /** One attempt; a server that answers says its version. @throws Error while it does not, or is silent for so long. */
  askVersion(address: Address, password: string | undefined, silenceMs?: number): Promise<string>;
}

/** No distribution has it, nor what it is made with: nobody has to have it. */
export function isOptional({ debianPackage, build }: Recipe): boolean {
  return debianPackage === undefined && build?.debianPackage === undefined;
}

/** What starts the server. */
export function commandOf(recipe: Recipe, binary: string, place: Place, options: NodeOptions): readonly string[] {
  const args = recipe.arguments(place, options);
  const { command = recipe.command } = options;
  return command?.(binary, args, place, options) ?? [binary, ...args];
}

/** What runs a tool that comes with the server. @throws Error where none does. */
export function toolOf(recipe: Recipe, place: Place, command: readonly string[]): readonly string[] {
  const tool = recipe.administration?.(place, command);
  if (tool === undefined) throw new Error(`no tools are known of ${recipe.binary}`);
  return tool;
}

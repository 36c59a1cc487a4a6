import type { Address } from "./conversation.ts";
import type { ServerOptions } from "./server.ts";

/** What has to be known of a kind of server; everything else is the same for all. */
export interface Recipe {
  readonly binary: string;
  readonly debianPackage: string;
  readonly image: string;
  /** Names another image. */
  readonly imageVariable: string;
  readonly defaultPort: number;
  readonly scheme: string;
  /** Names a server that runs already. */
  readonly urlVariable: string;
  /** The command line, without the binary. */
  arguments(place: Address & { readonly directory: string }, options: ServerOptions): readonly string[];
  /** One attempt; a server that answers says its version. @throws Error while it does not, or is silent for so long. */
  askVersion(address: Address, password: string | undefined, silenceMs?: number): Promise<string>;
}

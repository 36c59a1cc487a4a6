import type { Build } from "./builds.ts";
import type { ServerKind } from "./server.ts";

/** What gets the server. */
interface Remedy {
  readonly debianPackage?: string | undefined;
  readonly build?: Build | undefined;
}

/** No server of this kind is to be had here; `command` is what gets one. */
export class MissingServerError extends Error {
  readonly code = "SERVER_MISSING";
  readonly kind: ServerKind;
  /** For a shell: `apt-get install redis-server`. */
  readonly command: string;
  /** What to install; absent where installing would not help, because `MUSTER_SERVERS` looks elsewhere. */
  readonly debianPackage: string | undefined;

  /** What to make; absent where that would not help, or the server comes from a distribution. */
  readonly build: Build | undefined;

  constructor(kind: ServerKind, reason: string, command: string, { debianPackage, build }: Remedy = {}) {
    super(`No ${kind} server: ${reason}. This gets one: ${command}`);
    this.name = "MissingServerError";
    this.kind = kind;
    this.command = command;
    this.debianPackage = debianPackage;
    this.build = build;
  }
}

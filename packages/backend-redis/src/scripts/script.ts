/** What runs inside the server, in one piece. */

import { createHash } from "node:crypto";

/** Sent by its digest, and in full only to a server that has not seen it yet. */
export interface Script {
  /** As it stands in error messages. */
  readonly name: string;
  readonly lua: string;
  /** SHA-1 of `lua`, in hexadecimal digits: what EVALSHA asks for. */
  readonly sha: string;
}

export interface ScriptParts {
  readonly name: string;
  /**
   * `no-writes`: it only reads. `allow-oom`: it runs on a server that is full, because what it writes takes no more room
   * than what it replaces; any other script that writes is refused there before it begins.
   */
  readonly flags?: readonly ("no-writes" | "allow-oom")[];
  /** One after the other they are the script. */
  readonly lua: readonly string[];
}

export function script({ name, flags = [], lua: parts }: ScriptParts): Script {
  const shebang = flags.length === 0 ? "#!lua" : `#!lua flags=${flags.join(",")}`;
  const lua = [shebang, ...parts].join("\n");
  return Object.freeze({ name, lua, sha: createHash("sha1").update(lua).digest("hex") });
}

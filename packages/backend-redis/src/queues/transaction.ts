/** What a handler does together with its acknowledgement. */

import { MusterError } from "@muster/core/slots";
import type { RedisArgument } from "../client.ts";
import { NAME } from "../errors.ts";
import { invalid } from "./arguments.ts";

const MOST_COMMANDS = 1_000;
const MOST_BYTES = 1_048_576;

/**
 * Redis keeps no transaction open while a handler works, so this one is the list of commands that run when it has
 * returned: all of them in one piece with the acknowledgement, or none.
 */
export interface RedisTransaction {
  /**
   * The hash tag of the namespace, with its braces. In a cluster every key of a command must contain it, and no brace
   * before it: the commands run on the node of the namespace.
   */
  readonly hashTag: string;

  /**
   * Adds a command. As in Redis' own transactions its answer is nobody's, and one that fails takes nothing back: the
   * others run, the delivery is acknowledged, and whoever handles it is told.
   *
   * @throws CLOSED: the handler has returned. INVALID_ARGUMENT: over 1,000 commands, or 1 MiB of them.
   */
  add(command: string, ...args: readonly (string | number | Uint8Array)[]): void;
}

export class CollectedTransaction implements RedisTransaction {
  readonly hashTag: string;
  readonly #commands: (readonly RedisArgument[])[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(hashTag: string) {
    this.hashTag = hashTag;
  }

  add(command: string, ...args: readonly (string | number | Uint8Array)[]): void {
    if (this.#isOver) {
      const message = "the transaction is over";
      throw new MusterError({ code: "CLOSED", source: `${NAME}.handleOnce`, message });
    }
    const parts = [command, ...args].map(argumentOf);
    const bytes = parts.reduce<number>((sum, part) => sum + Buffer.byteLength(String(part)), 0);
    if (this.#commands.length === MOST_COMMANDS || this.#bytes + bytes > MOST_BYTES)
      throw invalid("handleOnce", `a transaction has at most ${MOST_COMMANDS} commands and ${MOST_BYTES} bytes`);
    this.#commands.push(parts);
    this.#bytes += bytes;
  }

  /** Takes nothing more. What has been added, as the script takes it. */
  end(): readonly RedisArgument[] {
    this.#isOver = true;
    return this.#commands.flatMap((parts) => [parts.length, ...parts]);
  }
}

/** The caller may change its bytes before they leave. */
function argumentOf(argument: string | number | Uint8Array): RedisArgument {
  return typeof argument === "object" ? Buffer.from(argument) : argument;
}

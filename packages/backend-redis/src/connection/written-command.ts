/**
 * Commands that are written down by us and not by the driver, which looks at each argument four times: of all that a
 * register of one costs in this process, that is a tenth.
 *
 * It rests on the driver sending what `Command.toWritable` gives. {@link proofOfWriting} tries once whether it does; where it
 * does not, commands are sent the public way.
 */

import { type Cluster, Command, type Redis } from "ioredis";
import type { Script } from "../scripts/script.ts";
import { writable } from "./long-command.ts";

class WrittenCommand extends Command {
  readonly #text: string;

  /** @param args what the driver may look at: a cluster, for the node of a key. */
  constructor(name: string, args: (string | number)[], text: string, replyEncoding: "utf8" | null) {
    super(name, args, { replyEncoding });
    this.#text = text;
  }

  override toWritable(_socket: object): string | Buffer {
    return writable(this.#text);
  }
}

/**
 * The command that has shown that the driver sends what is written, or `undefined`. Hold it as long as such commands are
 * sent: of objects none of which survive a full collection, V8 forgets the shape, and all optimized code that handles them.
 */
export async function proofOfWriting(driver: Redis | Cluster): Promise<Command | undefined> {
  const command = new WrittenCommand("ping", ["given"], `*2\r\n${bulk("ping")}${bulk("written")}`, "utf8");
  try {
    return (await driver.sendCommand(command)) === "written" ? command : undefined;
  } catch {
    return undefined; // Whatever is wrong with the connection shows when it is asked the next time.
  }
}

/** EVALSHA. A list of keys that is frozen is one that scripts are run with again and again: it is written once. */
export function writtenScript(
  { sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  replyEncoding: "utf8" | null,
): Command {
  const [key] = keys;
  const seen = key === undefined ? [sha, 0] : [sha, 1, key]; // All keys lie together.
  let text = `*${3 + keys.length + args.length}\r\n$7\r\nevalsha\r\n${bulk(sha)}${keysIn(keys)}`;
  for (const argument of args) text += bulk(typeof argument === "string" ? argument : String(argument));
  return new WrittenCommand("evalsha", seen, text, replyEncoding);
}

const written = new WeakMap<readonly string[], string>();

function keysIn(keys: readonly string[]): string {
  const known = written.get(keys);
  if (known !== undefined) return known;
  const text = [String(keys.length), ...keys].map(bulk).join("");
  if (Object.isFrozen(keys)) written.set(keys, text);
  return text;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

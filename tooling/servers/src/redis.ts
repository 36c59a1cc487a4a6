import { converse } from "./conversation.ts";
import type { Address } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

/** A reply's text once all of it is there. @throws Error for an error reply. */
function replyOf(received: string): { readonly text: string; readonly rest: string } | undefined {
  const end = received.indexOf("\r\n");
  if (end < 0) return undefined;
  const head = received.slice(1, end);
  const rest = received.slice(end + 2);
  if (received.startsWith("-")) throw new Error(head);
  if (!received.startsWith("$")) return { text: head, rest };
  const length = Number(head);
  return rest.length < length + 2 ? undefined : { text: rest.slice(0, length), rest: rest.slice(length + 2) };
}

function lastReply(received: string, count: number): string | undefined {
  let rest = received;
  let text: string | undefined;
  for (let i = 0; i < count; i += 1) {
    const reply = replyOf(rest);
    if (reply === undefined) return undefined;
    ({ text, rest } = reply);
  }
  return text;
}

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

/** Sends one command over a connection of its own; for replies that are a string or a number. @throws Error for an error reply. */
export function redisCommand(
  address: Address,
  command: readonly string[],
  password: string | undefined,
  silenceMs?: number,
): Promise<string> {
  const commands = password === undefined ? [command] : [["AUTH", password], command];
  return converse(
    address,
    commands.map(encode).join(""),
    (received) => lastReply(received, commands.length),
    silenceMs,
  );
}

export const redisRecipe: Recipe = {
  binary: "redis-server",
  debianPackage: "redis-server",
  imageVariable: "MUSTER_REDIS_IMAGE",
  image: "redis:7-alpine",
  defaultPort: 6379,
  scheme: "redis:",
  urlVariable: "MUSTER_REDIS_URL",
  arguments: ({ host, port, directory }, { password, persistent = true, arguments: more = [] }) => [
    ...["--bind", host, "--port", String(port), "--dir", directory, "--protected-mode", "no", "--save", ""],
    ...(persistent ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"]),
    ...(password === undefined ? [] : ["--requirepass", password]),
    ...more,
  ],
  async askVersion(address, password, silenceMs) {
    // PING is what says LOADING; INFO is answered while the data are still being read.
    await redisCommand(address, ["PING"], password, silenceMs);
    const info = await redisCommand(address, ["INFO", "server"], password, silenceMs);
    return /^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown";
  },
};

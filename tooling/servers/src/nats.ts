import { type Address, converse } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

/** What a NATS server says to whoever connects: `INFO {"version":"2.9.10",…}`. */
export interface NatsGreeting {
  readonly version?: string;
  /** Of a cluster: where clients reach its nodes, this one among them. */
  readonly connect_urls?: readonly string[];
}

function greetingIn(received: string): NatsGreeting | undefined {
  const end = received.indexOf("\r\n");
  if (end < 0) return undefined;
  if (!received.startsWith("INFO ")) throw new Error(`not a NATS server: ${received.slice(0, 40)}`);
  return JSON.parse(received.slice("INFO ".length, end)) as NatsGreeting; // As the protocol has it.
}

/** @throws Error while the server does not answer, or is silent for so long. */
export function natsGreeting(address: Address, silenceMs?: number): Promise<NatsGreeting> {
  return converse(address, "", greetingIn, silenceMs);
}

export const natsRecipe: Recipe = {
  binary: "nats-server",
  debianPackage: "nats-server",
  imageVariable: "MUSTER_NATS_IMAGE",
  image: "nats:2-alpine",
  defaultPort: 4222,
  scheme: "nats:",
  urlVariable: "MUSTER_NATS_URL",
  arguments: ({ host, port, directory }, { password, arguments: more = [] }) => [
    ...["-a", host, "-p", String(port), "-sd", directory],
    ...(password === undefined ? [] : ["--auth", password]),
    ...more,
  ],
  async askVersion(address, _secret, silenceMs) {
    return (await natsGreeting(address, silenceMs)).version ?? "unknown";
  },
};

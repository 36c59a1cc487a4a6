import { converse } from "./conversation.ts";
import type { Recipe } from "./recipe.ts";

/** The server's greeting: `INFO {"version":"2.9.10",…}`. */
function versionOf(received: string): string | undefined {
  const end = received.indexOf("\r\n");
  if (end < 0) return undefined;
  if (!received.startsWith("INFO ")) throw new Error(`not a NATS server: ${received.slice(0, 40)}`);
  const info: unknown = JSON.parse(received.slice("INFO ".length, end));
  return typeof info === "object" && info !== null && "version" in info ? String(info.version) : "unknown";
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
  askVersion: (address, _secret, silenceMs) => converse(address, "", versionOf, silenceMs),
};

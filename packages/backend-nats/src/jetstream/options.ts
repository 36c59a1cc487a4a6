/** What is said about where streams are kept, and what of it can't be meant. */

import { MusterError, type Violation } from "@muster/core/slots";
import type { NatsConnectionOptions, NatsServerOptions } from "../options.ts";

export interface JetStreamOptions {
  /** Servers of a cluster that keep each stream: 1, 3 or 5. Default 1. Counts when a namespace's streams are made. */
  readonly replicas?: number;
  /** Default `file`. In `memory` everything ends with the servers. Counts when a namespace's streams are made. */
  readonly storage?: "file" | "memory";
  /** JetStream's domain, where it is another one than that of the server that is dialled. */
  readonly domain?: string;
}

/** Of a slot that keeps something in streams. */
export type WithJetStream = (NatsServerOptions | NatsConnectionOptions) & { readonly jetstream?: JetStreamOptions };

/** With what isn't given. */
export type StreamSettings = Required<Pick<JetStreamOptions, "replicas" | "storage">> & { readonly api: string };

const KNOWN: ReadonlySet<string> = new Set(["replicas", "storage", "domain"]);
const MAX_REPLICAS = 5;
const DOMAIN = /^[\w-]+$/;

/** @throws CONFIG_INVALID, naming each option. */
export function settingsOf(options: JetStreamOptions = {}): StreamSettings {
  const { replicas = 1, storage = "file", domain } = options;
  const violations: Violation[] = Object.keys(options)
    .filter((name) => !KNOWN.has(name))
    .map((name) => ({ path: `jetstream.${name}`, message: "is no option" }));
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MAX_REPLICAS)
    violations.push({ path: "jetstream.replicas", message: `must be a whole number from 1 to ${MAX_REPLICAS}` });
  if (!["file", "memory"].includes(storage))
    violations.push({ path: "jetstream.storage", message: "must be file or memory" });
  if (domain !== undefined && (typeof domain !== "string" || !DOMAIN.test(domain)))
    violations.push({ path: "jetstream.domain", message: "must be one token of letters, digits, _ and -" });
  if (violations.length === 0)
    return { replicas, storage, api: domain === undefined ? "$JS.API" : `$JS.${domain}.API` };
  const message = violations.map(({ path, message: what }) => `${path} ${what}`).join("; ");
  throw new MusterError({ code: "CONFIG_INVALID", source: "nats.options", message, detail: { violations } });
}

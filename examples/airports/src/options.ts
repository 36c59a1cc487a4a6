/** What the command line asks for. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { DeliveryGuarantee } from "@muster/core";

export interface Options {
  /** The user's own filters as JSON values, not yet checked; empty: the built-in missions. */
  readonly filters: readonly unknown[];
  readonly message: string;
  readonly delivery: DeliveryGuarantee;
  /** A URL: a PostgreSQL that runs already, or a file that stays. */
  readonly store: "memory" | "file" | "postgres" | URL;
  readonly kill: boolean;
  readonly processes: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A mistake on the command line; the message is one sentence for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE: string = `Usage: npm run demo -- [options]

  --filter <json>    multicast to whoever matches, instead of the built-in missions;
                     may be repeated; 'null' is everyone
  --message <text>   what to send
  --delivery <how>   at-most-once (default), at-least-once (default with --store file or --kill)
                     or exactly-once
  --store <where>    memory (default); file (SQLite, in a temporary folder) or file:PATH, which
                     stays; postgres (starts one), or the URL of one that runs:
                     postgres://user:password@host:port/database
  --kill             SIGKILL one of the processes in the middle of the first multicast, and let it
                     come back; needs --store file or postgres, and at-least-once or exactly-once
  --processes <n>    processes to spread the airports over, 1 to 64 (default 8): simulated ones,
                     but the one to be killed is real
  --json             one JSON document on stdout and nothing else
  --help             this text
`;

const MAX_PROCESSES = 64;
const GUARANTEES: readonly DeliveryGuarantee[] = ["at-most-once", "at-least-once", "exactly-once"];

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args);
  const store = parseStore(values.store);
  const options = {
    filters: (values.filter ?? []).map(parseJson),
    message: values.message,
    delivery: parseDelivery(values.delivery ?? (values.kill || isFile(store) ? "at-least-once" : "at-most-once")),
    store,
    kill: values.kill,
    processes: parseProcesses(values.processes),
    json: values.json,
    help: values.help,
  };
  if (options.kill) checkKill(options);
  if (isFile(store) && options.delivery === "at-most-once")
    throw new UsageError("--store file needs at-least-once or exactly-once: processes share a file, and no messaging.");
  return options;
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        filter: { type: "string", multiple: true },
        message: { type: "string", default: "Roll call: please answer." },
        delivery: { type: "string" },
        store: { type: "string", default: "memory" },
        kill: { type: "boolean", default: false },
        processes: { type: "string", default: "8" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [sentence = ""] = error.message.split(/\.\s/);
    throw new UsageError(`${sentence}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--filter is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function parseDelivery(text: string): DeliveryGuarantee {
  const guarantee = GUARANTEES.find((name) => name === text);
  if (guarantee !== undefined) return guarantee;
  throw new UsageError(`--delivery takes at-most-once, at-least-once or exactly-once, not ${JSON.stringify(text)}.`);
}

function parseStore(text: string): Options["store"] {
  if (text === "memory" || text === "file" || text === "postgres") return text;
  // A relative path is meant from where the demo was called, which npm and pnpm tell in `INIT_CWD`.
  if (/^file:./.test(text)) return pathToFileURL(resolve(process.env["INIT_CWD"] ?? ".", text.slice("file:".length)));
  if (/^postgres(?:ql)?:\/\/./.test(text) && URL.canParse(text)) return new URL(text);
  throw new UsageError(`--store takes memory, file, file:PATH, postgres or postgres://…, not ${JSON.stringify(text)}.`);
}

function isFile(store: Options["store"]): boolean {
  return store === "file" || (store instanceof URL && store.protocol === "file:");
}

function parseProcesses(text: string): number {
  const processes = /^\d+$/.test(text) ? Number(text) : 0;
  if (processes < 1 || processes > MAX_PROCESSES) {
    throw new UsageError(`--processes takes a whole number from 1 to ${MAX_PROCESSES}, not ${JSON.stringify(text)}.`);
  }
  return processes;
}

function checkKill({ store, delivery }: Pick<Options, "store" | "delivery">): void {
  if (store === "memory")
    throw new UsageError("--kill needs --store file or postgres: a memory store dies with its process.");
  if (delivery === "at-most-once")
    throw new UsageError("--kill needs at-least-once or exactly-once: at-most-once keeps nothing for who is away.");
}

/** What the command line asks for. */

import { parseArgs } from "node:util";

export interface Options {
  /** The user's own filters as JSON values, not yet checked; empty: the built-in missions. */
  readonly filters: readonly unknown[];
  readonly message: string;
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
  --processes <n>    simulated processes to spread the airports over, 1 to 64 (default 8)
  --json             one JSON document on stdout and nothing else
  --help             this text
`;

const MAX_PROCESSES = 64;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args);
  return {
    filters: (values.filter ?? []).map(parseJson),
    message: values.message,
    processes: parseProcesses(values.processes),
    json: values.json,
    help: values.help,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        filter: { type: "string", multiple: true },
        message: { type: "string", default: "Roll call: please answer." },
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

function parseProcesses(text: string): number {
  const processes = /^\d+$/.test(text) ? Number(text) : 0;
  if (processes < 1 || processes > MAX_PROCESSES) {
    throw new UsageError(`--processes takes a whole number from 1 to ${MAX_PROCESSES}, not ${JSON.stringify(text)}.`);
  }
  return processes;
}

/** What a server costs the machine it runs on. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Server } from "@muster/servers";
import { Redis } from "ioredis";
import { Client } from "pg";
import { sumOf } from "./statistics.ts";

/** Of Linux, whatever its kernel was built with. */
const TICKS_PER_MS = 0.1;
const KIB = 1_024;
const LISTENING = "0A";

/** Since the server was started. What a kind does not tell is absent. */
export interface ServerCosts {
  readonly cpuMs: number;
  /** Resident; what its processes share counts once. */
  readonly memoryBytes: number;
  /** What it stores, by its own account. */
  readonly storedBytes?: number;
  /** What it has read from its clients and written to them. */
  readonly inBytes?: number;
  readonly outBytes?: number;
  /** Commands, in scripts too, or transactions. */
  readonly commands?: number;
}

/** Of a server that runs here, as a program, on Linux. */
export class ServerWatch {
  readonly kind: Server["kind"];
  readonly #url: string;
  readonly #port: number;
  /** The first of its processes, which has started the others. */
  readonly #pid: number;

  private constructor({ kind, url, port }: Server, pid: number) {
    this.kind = kind;
    this.#url = url;
    this.#port = port;
    this.#pid = pid;
  }

  /** `undefined` for a server that runs in a container or elsewhere, and where there is no `/proc`. */
  static of(server: Server): ServerWatch | undefined {
    const pid = server.origin === "native" && process.platform === "linux" ? listenerAt(server.port) : undefined;
    return pid === undefined ? undefined : new ServerWatch(server, pid);
  }

  async read(): Promise<ServerCosts> {
    const processes = treeOf(this.#pid);
    const own = { cpuMs: sumOf(processes.map(cpuMsOf)), memoryBytes: sumOf(processes.map(memoryOf)) };
    if (this.kind === "redis") return { ...own, ...(await redisCosts(this.#url)) };
    if (this.kind === "postgres") return { ...own, ...(await postgresCosts(this.#url)) };
    if (this.kind === "nats") return { ...own, ...(await natsCosts(this.#pid, this.#port)) };
    return own;
  }
}

async function redisCosts(url: string): Promise<Partial<ServerCosts>> {
  const redis = new Redis(url);
  try {
    const said = await redis.info();
    const value = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "mu").exec(said)?.[1]);
    return {
      storedBytes: value("used_memory"),
      inBytes: value("total_net_input_bytes"),
      outBytes: value("total_net_output_bytes"),
      commands: value("total_commands_processed"),
    };
  } finally {
    redis.disconnect();
  }
}

async function postgresCosts(url: string): Promise<Partial<ServerCosts>> {
  const client = new Client({ connectionString: `${url}/postgres` });
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly stored: string; readonly commands: string }>(
      `select pg_database_size(current_database()) as stored, xact_commit as commands
         from pg_stat_database where datname = current_database()`,
    );
    return { storedBytes: Number(rows[0]?.stored), commands: Number(rows[0]?.commands) };
  } finally {
    await client.end();
  }
}

/** Of the monitor, which is at another port of the same process. */
async function natsCosts(pid: number, port: number): Promise<Partial<ServerCosts>> {
  const monitor = listeners().find((one) => one.port !== port && socketsOf(pid).includes(one.inode))?.port;
  if (monitor === undefined) return {};
  const said = await fetch(`http://127.0.0.1:${monitor}/varz`);
  // As the documentation of its monitoring has it.
  const costs = (await said.json()) as { readonly in_bytes: number; readonly out_bytes: number };
  return { inBytes: costs.in_bytes, outBytes: costs.out_bytes };
}

/** The process that listens on a port of this machine. */
function listenerAt(port: number): number | undefined {
  const inodes = new Set(listeners().flatMap((one) => (one.port === port ? [one.inode] : [])));
  const found = processIds().filter((pid) => socketsOf(pid).some((inode) => inodes.has(inode)));
  // Children have what their parent had opened.
  return found.toSorted((one, other) => one - other)[0];
}

/** Sockets of this machine that listen. */
function listeners(): readonly { readonly port: number; readonly inode: string }[] {
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    orNothing(() => readFileSync(table, "utf8").split("\n")),
  );
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/u);
    return state === LISTENING ? [{ port: Number.parseInt(local.split(":")[1] ?? "", 16), inode }] : [];
  });
}

function socketsOf(pid: number): readonly string[] {
  return orNothing(() =>
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) =>
      orNothing(() => [/^socket:\[(\d+)\]$/u.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? ""]),
    ),
  );
}

/** A process and all that it has started, directly or not. */
function treeOf(root: number): readonly number[] {
  const parents = new Map(processIds().map((pid): [number, number] => [pid, Number(statOf(pid)[1] ?? 0)]));
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isBelow);
}

/** Its own time and that of children that have ended. */
function cpuMsOf(pid: number): number {
  const [user = 0, system = 0, children = 0, systemOfChildren = 0] = statOf(pid).slice(11, 15).map(Number);
  return (user + system + children + systemOfChildren) / TICKS_PER_MS;
}

function memoryOf(pid: number): number {
  const said = orNothing(() => [readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")]).join("");
  return Number(/^Pss:\s+(\d+) kB/mu.exec(said)?.[1] ?? 0) * KIB;
}

/** Behind the name of its program: state, parent, … */
function statOf(pid: number): readonly string[] {
  return orNothing(() =>
    readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /su, "")
      .split(" "),
  );
}

function processIds(): readonly number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/u.test(name) ? [Number(name)] : []));
}

/** Nothing of a process that has ended meanwhile, or that belongs to somebody else. */
function orNothing<Item>(read: () => readonly Item[]): readonly Item[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Real processes for the cases in which one dies. */

import type { MortalProcess, Subject } from "../subject.ts";
import { Child, ENTRY, type Program } from "./child-process.ts";
import { type Hosting, RemoteMessaging, RemoteRegistry } from "./clients.ts";
import { RemoteDurability, remotelyToo } from "./durability-client.ts";
import { beginRemotely, RemoteOutbox } from "./outbox-client.ts";

/** Started ahead while cases run, since a process takes longer to start than a case to run. */
const SPARES = 2;
/** Alive at once; whoever wants one more waits until one has died. */
const MOST_ALIVE = 16;

export interface MortalProcessOptions {
  /** What the module's function is called with, in each process: such as the URL of the server. Plain JSON. Default none. */
  readonly args?: readonly unknown[];
  /** Flags for Node. Default: tsx, as the module's package finds it, where TypeScript has to be run. */
  readonly execArgv?: readonly string[];
  /**
   * Gives what the processes are to run in place of the kit's own program and of `module`. Called once, before the first of
   * them starts; disposed of behind the last, if it can be. For sources that take long to load: plain JavaScript needs no
   * flags, and starts several times as fast.
   */
  readonly compile?: (sources: Program) => Promise<Program & Partial<Disposable>>;
}

/**
 * The subject, with {@link Subject.mortal} and a {@link Subject.close} that also ends the processes.
 *
 * Each mortal process is a child process with clients of its own: it imports `module`, which exports a `subject` (or has
 * it as its default), or a function that gives one and is called with `args`. That subject is asked for the same slots
 * as this one, and for nothing but its clients; it may well be this one again, because no process is started before a
 * mortal client is opened. It must reach the same server, and not start another.
 *
 * A transaction of such a client knows only its `transactionProbe`: the work of a `handleOnce` runs ahead, in this process,
 * and what it writes to the probe is written by the other one, in its transaction.
 *
 * A transaction of its own, which its outbox records in, is begun by the `outboxProbe` of the other process, and is that
 * one's. Its outbox has no bells.
 *
 * `kill` is a SIGKILL, at the `turn`-th moment from then on. A moment is when bytes are about to leave the process through
 * a socket, have just left, or have come; when an operation on the file system is about to begin; and when an answer is
 * about to be told. One call over one round trip has four of them. Where moments no longer come, because all has been
 * answered or because nothing happens, it dies anyway. What a native driver does in threads of its own has no moments.
 *
 * `freeze` is a SIGSTOP, and `thaw` a SIGCONT.
 *
 * A process that ends before it was told to fails every call on it, with what it wrote to stderr. None outlives the one
 * that started it.
 */
export function withMortalProcesses(
  subject: Subject,
  module: URL,
  options: MortalProcessOptions = {},
): Subject & Required<Pick<Subject, "mortal" | "close">> {
  const pool = new Pool(module, options);
  return {
    ...subject,
    ...(subject.transactionProbe && { transactionProbe: remotelyToo(subject.transactionProbe) }),
    mortal: () => mortalProcess(subject, pool),
    async close(): Promise<void> {
      await pool.close();
      await subject.close?.();
    },
  };
}

function mortalProcess({ registry, messaging, durability, outbox }: Subject, pool: Pool): MortalProcess {
  const host = new Host(pool);
  return {
    ...(registry && { registry: new RemoteRegistry(host, registry) }),
    ...(messaging && { messaging: new RemoteMessaging(host) }),
    ...(durability && { durability: new RemoteDurability(host) }),
    ...(outbox && { outbox: new RemoteOutbox(host), begin: async () => beginRemotely(host) }),
    kill: async (turn) => host.child?.die(turn),
    freeze: async () => host.child?.freeze(),
    thaw: async () => host.child?.thaw(),
  };
}

class Host implements Hosting {
  readonly #pool: Pool;
  #starting: Promise<Child> | undefined;
  child: Child | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async start(): Promise<Child> {
    this.#starting ??= this.#pool.take();
    this.child = await this.#starting;
    return this.child;
  }
}

class Pool {
  readonly #module: URL;
  readonly #options: MortalProcessOptions;
  readonly #alive = new Set<Child>();
  readonly #spares: Child[] = [];
  readonly #waiting: (() => void)[] = [];
  #compiling: Promise<Program & Partial<Disposable>> | undefined;
  #isClosed = false;

  constructor(module: URL, options: MortalProcessOptions) {
    this.#module = module;
    this.#options = options;
  }

  /** One that is ready, for whoever has asked alone. @throws Error: it could not be started, or the pool is closed. */
  async take(): Promise<Child> {
    const program = await (this.#compiling ??= this.#compile());
    while (this.#spares.length === 0 && this.#alive.size >= MOST_ALIVE && !this.#isClosed) await this.#turn();
    if (this.#isClosed) throw new Error("the subject has been closed");
    const child = this.#spares.shift() ?? this.#start(program);
    child.isAwaited = true;
    while (this.#spares.length < SPARES && this.#alive.size < MOST_ALIVE) {
      const spare = this.#start(program);
      spare.isAwaited = false;
      this.#spares.push(spare);
    }
    await child.ready;
    return child;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    const ends = [...this.#alive].map(async (child) => {
      child.isAwaited = true;
      child.kill();
      await child.ended;
    });
    await Promise.all(ends);
    await this.#compiling?.then(
      (compiled) => compiled[Symbol.dispose]?.(),
      () => {}, // Whoever asked for a process was told.
    );
  }

  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #compile(): Promise<Program & Partial<Disposable>> {
    const sources = { entry: ENTRY, module: this.#module };
    return (await this.#options.compile?.(sources)) ?? sources;
  }

  #start(program: Program): Child {
    const { args = [], execArgv } = this.#options;
    const child = new Child({ ...program, args, execArgv });
    this.#alive.add(child);
    child.onEnd(() => this.#forget(child));
    return child;
  }

  #forget(child: Child): void {
    this.#alive.delete(child);
    const at = this.#spares.indexOf(child);
    if (at >= 0) this.#spares.splice(at, 1);
    this.#waiting.shift()?.();
  }
}

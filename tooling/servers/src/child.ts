import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Duplex, Readable } from "node:stream";

/** A server process that was started. `ended` resolves when it is gone. */
export interface Child {
  readonly pid: number;
  readonly ended: Promise<void>;
  isAlive(): boolean;
  /** Its last lines; of one that has ended all of them have arrived. */
  log(): Promise<string>;
}

const LOG_LINES = 30;

// The shell becomes the server, so its pid is the server's. Before that it leaves behind a watcher, which says that it
// is there and reads from a pipe of ours: a line means that the server has ended, the end of the pipe that we have,
// however that came about. Children that are stopped would never notice that their server has gone.
const BOUND_TO_US = `
( ( echo >&3; read -r ended <&3 || { kill -9 $(cat "/proc/$$/task/$$/children" 2>/dev/null) $$; rm -rf "$0"; } ) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"`;

/**
 * Starts a server that never outlives this process: when this one is gone, the server is killed and `directory`
 * removed. It leads a session of its own, so a Ctrl-C reaches it only through us.
 *
 * @throws Error when there is no shell to start it with.
 */
export async function startChild(command: readonly string[], directory: string): Promise<Child> {
  const child = spawn("/bin/sh", ["-c", BOUND_TO_US, directory, ...command], {
    detached: true,
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, out, err, lifeline] = child.stdio as unknown as [null, Readable, Readable, Duplex];
  let lines: string[] = [];
  for (const stream of [out, err]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      lines = [...lines, ...text.split("\n").filter(Boolean)].slice(-LOG_LINES);
    });
  }
  lifeline.on("error", () => undefined); // The watcher may be gone before it has read the line.
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      lifeline.end("ended\n");
      resolve();
    });
  });
  const drained = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    lifeline.once("data", () => resolve(child.pid ?? 0));
    child.once("exit", () => resolve(child.pid ?? 0));
  });
  return {
    pid,
    ended,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    log: async () => {
      if (child.exitCode !== null || child.signalCode !== null) await drained;
      return lines.join("\n");
    },
  };
}

/** Whether every thread of the process stands after SIGSTOP; where there is no /proc, the signal counts as the state. */
export function isStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /\) [TtZX]/.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8")),
    );
  } catch {
    return true;
  }
}

/** The processes that it has started and that are still there; none are known where there is no /proc. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether nothing is left of the process but, at most, its exit code. */
export function isGone(pid: number): boolean {
  try {
    return /\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

/** A hot standby of a server of the tests: a copy of its data, and what it writes from then on. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Server } from "@muster/servers";
import { until } from "@muster/testing";
import { tell } from "./support.ts";

export interface Standby extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

const run = promisify(execFile);
const HOST = "127.0.0.1";
const USER = "postgres";
const START_MS = 30_000;

/** Where the programs of the server's version lie, on Debian; `undefined`: not there. */
export async function standbyPrograms({ version }: Pick<Server, "version">): Promise<string | undefined> {
  const folder = `/usr/lib/postgresql/${version.split(".")[0]}/bin`;
  return access(join(folder, "pg_basebackup")).then(
    () => folder,
    () => undefined,
  );
}

/** It takes reads when this resolves. */
export async function standbyOf({ port: primary }: Server, programs: string): Promise<Standby> {
  const directory = await mkdtemp(join(tmpdir(), "muster-standby-"));
  const owner = await ownerOf(directory);
  const data = join(directory, "data");
  const from = ["-h", HOST, "-p", String(primary), "-U", USER, "-D", data];
  await run(join(programs, "pg_basebackup"), [...from, "-X", "stream", "-c", "fast", "-N", "-R"], owner);
  const port = await freePort();
  const settings = [`listen_addresses=${HOST}`, "unix_socket_directories=", "fsync=off", "hot_standby=on"];
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const child = spawn(join(programs, "postgres"), args, { ...owner, stdio: "ignore" });
  const ended = once(child, "exit");
  const standby = {
    host: HOST,
    port,
    url: `postgres://${USER}@${HOST}:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGINT");
      await ended;
      await rm(directory, { recursive: true });
    },
  };
  await until(
    async () =>
      tell(standby, "select pg_is_in_recovery()").then(
        ([row]) => row?.[0] === true,
        () => false,
      ),
    START_MS,
  );
  return standby;
}

/** Whom a server that root starts runs as, because it refuses root. */
async function ownerOf(directory: string): Promise<{ readonly uid?: number; readonly gid?: number }> {
  await chmod(directory, 0o700);
  if (process.getuid?.() !== 0) return {};
  const idOf = async (flag: "-u" | "-g"): Promise<number> => Number((await run("id", [flag, USER])).stdout);
  const owner = { uid: await idOf("-u"), gid: await idOf("-g") };
  await chown(directory, owner.uid, owner.gid);
  return owner;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

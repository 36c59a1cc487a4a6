import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nativeServer } from "../src/native.ts";
import { natsRecipe } from "../src/nats.ts";
import type { Server } from "../src/server.ts";

// A program that stands for a server: what a test needs of it is a few lines of Node.
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-stand-in-"));
  // So that nobody else's servers have their data beside those of a test.
  vi.stubEnv("TMPDIR", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function standIn(text: string): Promise<string> {
  const path = join(folder, "stand-in");
  await writeFile(path, `#!${process.execPath}\n${text}`, { mode: 0o755 });
  return path;
}

const dataFolders = async (): Promise<readonly string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith("muster-nats-"));

const answers = (server: Server): Promise<boolean> =>
  natsRecipe.askVersion(server, undefined).then(
    () => true,
    () => false,
  );

const NATS = `
const port = Number(process.argv[process.argv.indexOf("-p") + 1]);
const greet = (socket) => socket.on("error", () => {}).end('INFO {"version":"9.9.9"}\\r\\n');
require("node:net").createServer(greet).listen(port, "127.0.0.1");`;

test("a server that does not start is an error with its own last words, and leaves nothing behind", async () => {
  const binary = await standIn('console.error("no luck today"); process.exit(1);');
  await expect(nativeServer("nats", binary, {})).rejects.toThrow(/did not start.*\n.*no luck today/);
  expect(await dataFolders()).toEqual([]);
});

test("a port that somebody else took in between is given up for another", async () => {
  const marker = JSON.stringify(join(folder, "tried"));
  const binary = await standIn(`const fs = require("node:fs");
    if (!fs.existsSync(${marker})) {
      fs.writeFileSync(${marker}, "");
      console.error("bind: Address already in use");
      process.exit(1);
    }
    ${NATS}`);
  await using server = await nativeServer("nats", binary, {});
  expect(server.version).toBe("9.9.9");
});

test("a server that ended by itself can be started again", async () => {
  const pidFile = join(folder, "pid");
  const write = `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`;
  await using server = await nativeServer("nats", await standIn(write + NATS), {});
  process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
  await expect.poll(() => answers(server)).toBe(false);
  await server.control?.start();
  expect(await answers(server)).toBe(true);
});

test("closed twice it is closed once, and can't be used any more", async () => {
  const server = await nativeServer("nats", await standIn(NATS), {});
  await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  await expect(server.control?.start()).rejects.toThrow("closed");
  const listener = createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(server.port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => {
    listener.close(resolve);
  });
});

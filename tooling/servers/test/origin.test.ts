import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MissingServerError } from "../src/missing-server-error.ts";
import { obtainServer } from "../src/obtain.ts";
import { sourceOf } from "../src/origin.ts";

beforeEach(() => {
  for (const name of ["MUSTER_SERVERS", "MUSTER_REDIS_URL", "MUSTER_NATS_URL"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test("a URL from the environment comes first", async () => {
  vi.stubEnv("MUSTER_REDIS_URL", "redis://elsewhere:6380");
  expect(await sourceOf("redis")).toEqual({ origin: "url", url: "redis://elsewhere:6380" });
});

test("MUSTER_SERVERS=native passes the URL over", async () => {
  vi.stubEnv("MUSTER_REDIS_URL", "redis://elsewhere:6380");
  vi.stubEnv("MUSTER_SERVERS", "native");
  const source = await sourceOf("redis").catch((error: unknown) => error);
  expect(source).not.toMatchObject({ origin: "url" });
});

test("MUSTER_SERVERS=none gets none, whatever there is", async () => {
  vi.stubEnv("MUSTER_REDIS_URL", "redis://elsewhere:6380");
  vi.stubEnv("MUSTER_SERVERS", "none");
  await expect(sourceOf("redis")).rejects.toMatchObject({ code: "SERVER_MISSING", kind: "redis" });
});

test("MUSTER_SERVERS=url without a URL names the variable", async () => {
  vi.stubEnv("MUSTER_SERVERS", "url");
  await expect(obtainServer("nats")).rejects.toThrow("export MUSTER_NATS_URL=nats://127.0.0.1");
});

test("MUSTER_SERVERS=container without an engine names the command that makes one", async () => {
  const home = mkdtempSync(join(tmpdir(), "muster-home-"));
  vi.stubEnv("MUSTER_SERVERS", "container");
  vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
  vi.stubEnv("HOME", home);
  const source = await sourceOf("redis").catch((error: unknown) => error);
  // A machine with an engine at the default socket has one whatever DOCKER_HOST says.
  if (source instanceof MissingServerError) expect(source.command).toBe("pnpm test:containers");
  else expect(source).toEqual({ origin: "container" });
  rmSync(home, { recursive: true });
});

test("an unknown MUSTER_SERVERS is an error, not the default", async () => {
  vi.stubEnv("MUSTER_SERVERS", "docker");
  await expect(sourceOf("redis")).rejects.toThrow('MUSTER_SERVERS is "docker"');
});

test("a server by URL has no control, and options it can't have are refused", async () => {
  const greeter = createServer(
    (socket) => void socket.on("error", () => undefined).end('INFO {"version":"2.1.0"}\r\n'),
  );
  await new Promise<void>((resolve) => {
    greeter.listen(0, "127.0.0.1", resolve);
  });
  vi.stubEnv("MUSTER_NATS_URL", `nats://127.0.0.1:${String((greeter.address() as AddressInfo).port)}`);
  const server = await obtainServer("nats");
  expect(server).toMatchObject({ origin: "url", version: "2.1.0" });
  expect(server.control).toBeUndefined();
  await expect(obtainServer("nats", { password: "x" })).rejects.toThrow("MUSTER_NATS_URL");
  greeter.close();
});

test("a URL of another protocol is refused", async () => {
  vi.stubEnv("MUSTER_NATS_URL", "redis://127.0.0.1");
  await expect(obtainServer("nats")).rejects.toThrow("not nats://");
});

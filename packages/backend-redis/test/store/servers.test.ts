import { expect, test } from "vitest";
import { Servers } from "../../src/store/servers.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text);

test("finds a server wherever its bytes stand, and where they end", () => {
  const servers = new Servers();
  const server = { session: "session-1", address: "n.1" };
  servers.add(bytesOf("..session-1\0n.1\0x"), 2, 16, server);
  const found = servers.find(bytesOf("session-1\0n.1\0y"), 0);
  expect(found?.server).toBe(server);
  expect(found?.bytes).toHaveLength(14);
});

test("takes nobody for another who begins alike", () => {
  const servers = new Servers();
  servers.add(bytesOf("session-1\0n.1\0"), 0, 14, { session: "session-1", address: "n.1" });
  for (const other of ["session-2\0n.1\0", "session-1\0n.2\0", "session-1\0n.1", "session-1"])
    expect(servers.find(bytesOf(other), 0), other).toBeUndefined();
});

test("keeps bytes of its own", () => {
  const servers = new Servers();
  const bytes = bytesOf("session-1\0n.1\0");
  servers.add(bytes, 0, bytes.length, { session: "session-1", address: "n.1" });
  bytes.fill(0);
  expect(servers.find(bytesOf("session-1\0n.1\0"), 0)).toBeDefined();
});

test("knows the latest of those that begin alike", () => {
  const servers = new Servers();
  const [first, second] = [bytesOf("session-1\0n.1\0"), bytesOf("session-2\0n.2\0")];
  servers.add(first, 0, first.length, { session: "session-1", address: "n.1" });
  servers.add(second, 0, second.length, { session: "session-2", address: "n.2" });
  expect(servers.find(first, 0)).toBeUndefined();
  expect(servers.find(second, 0)?.server.address).toBe("n.2");
});

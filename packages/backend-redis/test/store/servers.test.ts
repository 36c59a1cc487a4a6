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

test("knows the latest four of those that begin alike", () => {
  const servers = new Servers();
  const all = ["1", "2", "3", "4", "5"].map((number) => bytesOf(`session-${number}\0n.${number}\0`));
  for (const [index, bytes] of all.entries())
    servers.add(bytes, 0, bytes.length, { session: `session-${index + 1}`, address: `n.${index + 1}` });
  const found = all.map((bytes) => servers.find(bytes, 0)?.server.address);
  expect(found).toEqual([undefined, "n.2", "n.3", "n.4", "n.5"]);
});

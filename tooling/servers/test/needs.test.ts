import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { needsOf } from "../src/needs.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-needs-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function program(folder: string, path: string, text: string): string {
  mkdirSync(join(root, folder, path, ".."), { recursive: true });
  writeFileSync(join(root, folder, path), text);
  return join(root, folder);
}

test("a package needs the servers that it asks for by name, in its tests or in its sources", () => {
  const a = program("a", "test/deep/x.test.ts", 'await withServer(\n  "redis", {}, define);');
  const b = program("b", "src/main.ts", 'obtainServer("nats"); obtainServer("redis");');
  expect(needsOf([a, b])).toEqual([
    { kind: "redis", folders: [a, b] },
    { kind: "nats", folders: [b] },
  ]);
});

test("a cluster takes the server that it is made of", () => {
  const a = program("a", "test/x.test.ts", "await withRedisCluster({}, define);");
  const b = program("b", "src/main.ts", "await using cluster = await obtainNatsCluster({ size: 3 });");
  expect(needsOf([a, b])).toEqual([
    { kind: "redis", folders: [a] },
    { kind: "nats", folders: [b] },
  ]);
});

test("a current server is another than the one of the distribution", () => {
  const a = program("a", "test/x.test.ts", 'await withServer("nats-current", { arguments: ["-js"] }, define);');
  expect(needsOf([a])).toEqual([{ kind: "nats-current", folders: [a] }]);
});

test("what others wrote or built counts for nothing", () => {
  const a = program("a", "node_modules/b/x.ts", 'obtainServer("nats")');
  program("a", "dist/x.ts", 'obtainServer("nats")');
  expect(needsOf([a])).toEqual([]);
});

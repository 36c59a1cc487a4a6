import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { findGo, goCommand, installGoModule } from "../src/go-modules.ts";
import { sourceOf } from "../src/origin.ts";

const MODULE = { path: "example.org/server@v1.2.3", folder: () => "/cache/server" };

test("a module is built into its own folder, by one process at a time", () => {
  const commands: (readonly string[])[] = [];
  const run = (command: readonly string[]): boolean => {
    commands.push(command);
    return true;
  };
  expect(installGoModule(MODULE, run, "/go/bin/go")).toBe(true);
  expect(commands).toEqual([
    ["env", "GOBIN=/cache/server", "GOMAXPROCS=1", "/go/bin/go", "install", "-p", "1", MODULE.path],
  ]);
});

test("the command for a shell builds the same", () => {
  expect(goCommand(MODULE)).toBe("GOBIN=/cache/server go install example.org/server@v1.2.3");
});

test("without Go nothing is run", () => {
  const run = vi.fn<() => boolean>();
  expect(installGoModule(MODULE, run, "")).toBe(false);
  expect(run).not.toHaveBeenCalled();
});

test("Go is found on the PATH", () => {
  const folder = mkdtempSync(join(tmpdir(), "muster-go-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "go"), "#!/bin/sh\n");
  chmodSync(join(folder, "go"), 0o755);
  expect(findGo(folder)).toBe(join(folder, "go"));
});

test("an installed server of the distribution is no current one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "muster-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("XDG_CACHE_HOME", folder);
  vi.stubEnv("MUSTER_SERVERS", "native");
  await expect(sourceOf("nats-current")).rejects.toMatchObject({
    code: "SERVER_MISSING",
    command: expect.stringContaining(`GOBIN=${folder}`) as string,
  });
});

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { findTool, makeServer } from "../src/builds.ts";
import { goBuild } from "../src/go-build.ts";
import { mavenBuild } from "../src/maven-build.ts";
import { sourceOf } from "../src/origin.ts";

const MODULE = "example.org/server@v1.2.3";
const fromGo = goBuild(MODULE, () => "/cache/server");

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "muster-builds-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a Go module is built into its own folder, by one process at a time", () => {
  const commands: (readonly string[])[] = [];
  const run = (command: readonly string[]): boolean => {
    commands.push(command);
    return true;
  };
  expect(makeServer(fromGo, run, "/go/bin/go")).toBe(true);
  expect(commands).toEqual([
    ["env", "GOBIN=/cache/server", "GOMAXPROCS=1", "/go/bin/go", "install", "-p", "1", MODULE],
  ]);
});

test("the command for a shell builds the same", () => {
  expect(fromGo.command()).toBe("GOBIN=/cache/server go install example.org/server@v1.2.3");
});

test("without the tool nothing is run", () => {
  const run = vi.fn<() => boolean>();
  expect(makeServer(fromGo, run, "")).toBe(false);
  expect(run).not.toHaveBeenCalled();
});

test("a tool is found on the PATH", () => {
  const folder = scratch();
  writeFileSync(join(folder, "go"), "#!/bin/sh\n");
  chmodSync(join(folder, "go"), 0o755);
  expect(findTool("go", folder)).toBe(join(folder, "go"));
});

test("jars are copied beside a program that runs them, and what failed leaves nothing", () => {
  const cache = scratch();
  const folder = join(cache, "server-1.0");
  const build = mavenBuild({ binary: "run-class", artifacts: ["org.example:server:1.0"], folder: () => folder });
  expect(makeServer(build, () => false, "/bin/mvn")).toBe(false);
  expect(readdirSync(cache)).toEqual([]);
  const copy = (command: readonly string[]): boolean => {
    const project = command.find((argument) => argument.endsWith("pom.xml")) ?? "";
    expect(readFileSync(project, "utf8")).toContain("<artifactId>server</artifactId><version>1.0</version>");
    mkdirSync(join(dirname(project), "lib"));
    return command.includes(`-DoutputDirectory=${join(dirname(project), "lib")}`);
  };
  expect(makeServer(build, copy, "/bin/mvn")).toBe(true);
  expect(readdirSync(cache)).toEqual(["server-1.0"]);
  expect(existsSync(join(folder, "run-class"))).toBe(true);
});

test("an installed server of the distribution is no current one", async () => {
  const folder = scratch();
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("XDG_CACHE_HOME", folder);
  vi.stubEnv("MUSTER_SERVERS", "native");
  await expect(sourceOf("nats-current")).rejects.toMatchObject({
    code: "SERVER_MISSING",
    command: expect.stringContaining(`GOBIN=${folder}`) as string,
  });
});

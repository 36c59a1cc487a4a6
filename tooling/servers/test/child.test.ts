import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const module = new URL("../src/child.ts", import.meta.url).href;
const tsx = fileURLToPath(import.meta.resolve("tsx"));

/** Gone, or a zombie that nobody has fetched yet. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return existsSync(`/proc/${pid}/stat`) && /\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

/** A process that starts a child bound to itself, and then waits. */
async function parentOf(directory: string): Promise<{ readonly parent: ChildProcess; readonly pid: number }> {
  const program = `
    const { startChild } = await import(${JSON.stringify(module)});
    const { pid } = await startChild(["sleep", "600"], ${JSON.stringify(directory)});
    process.stdout.write(String(pid));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--import", tsx, "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (parent.stdout === null) throw new Error("no stdout");
  const [text] = await once(parent.stdout, "data");
  return { parent, pid: Number(text) };
}

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a child and its data do not outlive a parent that is ended by %s",
  async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "muster-child-"));
    const { parent, pid } = await parentOf(directory);
    expect(isGone(pid)).toBe(false);
    parent.kill(signal);
    await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
  },
);

test("a frozen child does not outlive its parent", async () => {
  const directory = await mkdtemp(join(tmpdir(), "muster-child-"));
  const { parent, pid } = await parentOf(directory);
  process.kill(pid, "SIGSTOP");
  parent.kill("SIGKILL");
  await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false);
});

// `pnpm packages:check`, after `pnpm build`: packs every publishable package as a release would, then asks publint,
// attw (ESM only) and our own list whether what users would install is right. Exit code 1 when anything is not.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { contentProblems, unpack } from "./tarball.ts";

const packages = fileURLToPath(new URL("../../../packages/", import.meta.url));
const bin = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "muster-pack-"));

function outputOf(command: string, args: readonly string[], cwd: string): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { ok: status === 0, text: `${stdout}${stderr}`.trim() };
}

function problemsOf(name: string): readonly string[] {
  const target = join(scratch, name);
  mkdirSync(target);
  const packed = outputOf("pnpm", ["pack", "--pack-destination", target], join(packages, name));
  const tarball = readdirSync(target).find((file) => file.endsWith(".tgz"));
  if (!packed.ok || tarball === undefined) return [`pnpm pack failed\n${packed.text}`];
  const path = join(target, tarball);
  const publint = outputOf(join(bin, "publint"), ["run", path, "--strict"], target);
  const attw = outputOf(join(bin, "attw"), [path, "--profile", "esm-only", "--format", "ascii", "--no-color"], target);
  return [
    ...contentProblems(join(target, "package"), unpack(path, target)),
    ...(publint.ok ? [] : [`publint\n${publint.text}`]),
    ...(attw.ok ? [] : [`attw\n${attw.text}`]),
  ];
}

const names = readdirSync(packages).sort();
let failed = names.length === 0 ? 1 : 0;
try {
  for (const name of names) {
    const problems = problemsOf(name);
    if (problems.length > 0) failed += 1;
    process.stdout.write(`${name}: ${problems.length === 0 ? "ok" : "FAILED"}\n`);
    for (const problem of problems) process.stdout.write(`  ${problem.replaceAll("\n", "\n    ")}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`packages: examined ${names.length} tarballs; ${failed} failed\n`);
if (failed > 0) process.exitCode = 1;

// `pnpm packages:check`, after `pnpm build`: packs every publishable package as a release would, then asks publint,
// attw (ESM only) and our own list whether what users would install is right, and installs it into a project that runs
// and compiles the README's first program. Exit code 1 when anything is not right.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf } from "./command.ts";
import { projectProblems } from "./project.ts";
import { contentProblems, unpack } from "./tarball.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bin = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "muster-pack-"));
const tarballs = new Map<string, string>();

function problemsOf(name: string): readonly string[] {
  const target = join(scratch, name);
  mkdirSync(target);
  const packed = outputOf("pnpm", ["pack", "--pack-destination", target], join(root, "packages", name));
  const tarball = readdirSync(target).find((file) => file.endsWith(".tgz"));
  if (!packed.ok || tarball === undefined) return [`pnpm pack failed\n${packed.text}`];
  const path = join(target, tarball);
  tarballs.set(`@muster/${name}`, path);
  const publint = outputOf(join(bin, "publint"), ["run", path, "--strict"], target);
  const attw = outputOf(join(bin, "attw"), [path, "--profile", "esm-only", "--format", "ascii", "--no-color"], target);
  return [
    ...contentProblems(join(target, "package"), unpack(path, target)),
    ...(publint.ok ? [] : [`publint\n${publint.text}`]),
    ...(attw.ok ? [] : [`attw\n${attw.text}`]),
  ];
}

function report(name: string, problems: readonly string[]): number {
  process.stdout.write(`${name}: ${problems.length === 0 ? "ok" : "FAILED"}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem.replaceAll("\n", "\n    ")}\n`);
  return problems.length === 0 ? 0 : 1;
}

const names = readdirSync(join(root, "packages")).sort();
let failed = names.length === 0 ? 1 : 0;
try {
  for (const name of names) failed += report(name, problemsOf(name));
  const program = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1];
  const missing = ["README.md has no program"];
  const project = join(scratch, "project");
  failed += report("a new project", program === undefined ? missing : projectProblems(project, tarballs, program));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`packages: examined ${names.length} tarballs; ${failed} failed\n`);
if (failed > 0) process.exitCode = 1;

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The part of a packed package.json that users resolve modules by. */
interface PackedManifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const required = ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];
const unwanted = /\.tsbuildinfo$|\.test\.|^test\/|^node_modules\/|\.env/;

function targetsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(targetsOf) : [];
}

/**
 * What is wrong with the contents of a package as users get it; empty when nothing is.
 *
 * @param folder the unpacked tarball's `package` folder.
 * @param paths its files, relative to the folder.
 */
export function contentProblems(folder: string, paths: readonly string[]): readonly string[] {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  const manifest = JSON.parse(text) as PackedManifest;
  const targets = targetsOf(manifest.exports);
  return [
    ...required.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    ...paths.filter((path) => unwanted.test(path)).map((path) => `${path} does not belong in a package`),
    ...(targets.length === 0 ? ["exports is empty"] : []),
    ...targets.filter((path) => !path.startsWith("./dist/")).map((path) => `exports ${path}, not dist`),
    ...targets.filter((path) => !paths.includes(path.replace("./", ""))).map((path) => `exports ${path}: no such file`),
    ...(/"(?:workspace|catalog):/.test(text) ? ["a dependency is still workspace: or catalog:"] : []),
  ];
}

/** Lists a tarball's files below its `package` folder, and unpacks them into `folder`. */
export function unpack(tarball: string, folder: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync("tar", ["-xvzf", tarball, "-C", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot unpack ${tarball}: ${stderr}`);
  // GNU tar lists on stdout, bsdtar on stderr with "x " before each name.
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.replace(/^x /, ""));
  return lines.filter((line) => line.startsWith("package/") && !line.endsWith("/")).map((line) => line.slice(8));
}

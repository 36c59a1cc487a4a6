import { isBarrel } from "../imports.ts";
import { error, warning } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { TextFile, WorkspacePackage } from "../workspace.ts";

const longLines = 250;
const tooManyLines = 400;
const kebabPath = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\.ts$/;
const emptyNames = new Set(["util", "utils", "helper", "helpers", "common", "misc", "shared"]);

function doorsOf(pkg: WorkspacePackage): ReadonlySet<string> {
  const targets = Object.values(pkg.manifest.exports ?? {}).filter((target) => typeof target === "string");
  return new Set(targets.map((target) => target.replace(/^\.\//, "")));
}

/** Names are kebab-case nouns, modules are short, and only a package's doors pass on what other modules export. */
export function checkFile(pkg: WorkspacePackage, file: TextFile): readonly Problem[] {
  const at = `${pkg.folder}/${file.path}`;
  const base = (file.path.split("/").at(-1) ?? "").split(".")[0] ?? "";
  const lines = file.text.split("\n").length - 1;
  const isDoor = doorsOf(pkg).has(file.path);
  const problems: Problem[] = [];
  if (!kebabPath.test(file.path)) problems.push(error(at, "file and folder names are kebab-case"));
  if (emptyNames.has(base)) problems.push(error(at, `"${base}" says nothing: name the file after what it holds`));
  if (base === "index" && !isDoor) problems.push(error(at, "index.ts is for doors named in package.json exports"));
  if (!isDoor && isBarrel(file.text)) problems.push(error(at, "barrel below the door: import from the module itself"));
  if (/^export\s*\*\s*from/m.test(file.text)) problems.push(error(at, "export by name, not *"));
  if (lines > tooManyLines) problems.push(error(at, `${lines} lines; split it (limit ${tooManyLines})`));
  else if (lines > longLines) problems.push(warning(at, `${lines} lines; think about splitting at ${longLines}`));
  return problems;
}

// `pnpm servers [folder …]`: gets the servers that the packages in these folders ask for, by default all packages.
// Silent when all is there, or MUSTER_SERVERS says where they come from; what can't be got is named with its command.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findGo, installGoModule } from "./go-modules.ts";
import { MissingServerError } from "./missing-server-error.ts";
import { needsOf } from "./needs.ts";
import type { Need } from "./needs.ts";
import { sourceOf } from "./origin.ts";
import { installPackages } from "./packages.ts";
import type { GoModule } from "./recipe.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function allFolders(): readonly string[] {
  return ["packages", "tooling", "examples"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  );
}

async function missing({ kind }: Need): Promise<MissingServerError | undefined> {
  try {
    await sourceOf(kind);
    return undefined;
  } catch (error) {
    if (error instanceof MissingServerError) return error;
    throw error;
  }
}

const say = (text: string): void => void process.stdout.write(`servers: ${text}\n`);

const given = process.argv.slice(2);
const needs = needsOf(given.length > 0 ? given : allFolders());
const packages: string[] = [];
const modules: GoModule[] = [];
for (const need of needs) {
  const error = await missing(need);
  if (error?.debianPackage !== undefined) packages.push(error.debianPackage);
  if (error?.goModule !== undefined) modules.push(error.goModule);
  if (error?.debianPackage === undefined && error?.goModule === undefined) continue;
  say(`${need.folders.map((folder) => relative(root, folder)).join(", ")} run against a real ${need.kind} server`);
}
if (packages.length > 0) say(`installing ${packages.join(" and ")} with apt-get, to run them as child processes`);
if (packages.length > 0 && !installPackages(packages)) say("not installed: that takes apt-get, and root or sudo");
for (const module of modules) {
  if (findGo() === undefined) continue;
  say(`building ${module.path} with Go, which takes about a minute`);
  if (!installGoModule(module)) say("not built: it may need a newer Go, or the Go module proxy");
}
for (const need of needs) {
  const error = await missing(need);
  if (error !== undefined) say(`${error.message}; until then its tests are NOT RUN`);
}

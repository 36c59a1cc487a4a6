// `pnpm servers [folder …]`: gets the servers that the packages in these folders ask for, by default all packages.
// Silent when all is there, or MUSTER_SERVERS says where they come from; what can't be got is named with its command.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { MissingServerError } from "./missing-server-error.ts";
import { needsOf } from "./needs.ts";
import type { Need } from "./needs.ts";
import { sourceOf } from "./origin.ts";
import { installPackages } from "./packages.ts";

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
for (const need of needs) {
  const error = await missing(need);
  if (error?.debianPackage === undefined) continue;
  packages.push(error.debianPackage);
  say(`${need.folders.map((folder) => relative(root, folder)).join(", ")} run against a real ${need.kind} server`);
}
if (packages.length > 0) say(`installing ${packages.join(" and ")} with apt-get, to run them as child processes`);
if (packages.length > 0 && !installPackages(packages)) say("not installed: that takes apt-get, and root or sudo");
for (const need of needs) {
  const error = await missing(need);
  if (error !== undefined) say(`${error.message}; until then its tests are NOT RUN`);
}

// `pnpm servers [folder or kind …]`: gets servers of these kinds, and those that the packages in these folders ask for; by
// default what any package asks for.
// Silent when all is there, or MUSTER_SERVERS says where they come from; what can't be got is named with its command.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Build, findTool, makeServer } from "./builds.ts";
import { MissingServerError } from "./missing-server-error.ts";
import { needsOf } from "./needs.ts";
import type { Need } from "./needs.ts";
import { sourceOf } from "./origin.ts";
import { installPackages } from "./packages.ts";
import { recipes } from "./recipes.ts";
import type { ServerKind } from "./server.ts";

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
const isKind = (text: string): text is ServerKind => Object.hasOwn(recipes, text);
const kinds = given.filter(isKind).map((kind): Need => ({ kind, folders: [] }));
const folders = given.length > 0 ? given.filter((text) => !isKind(text)) : allFolders();
const needs = [...kinds, ...needsOf(folders)];
const packages: string[] = [];
const builds: Build[] = [];
for (const need of needs) {
  const error = await missing(need);
  if (error?.debianPackage === undefined && error?.build === undefined) continue;
  const { debianPackage, build } = error;
  if (debianPackage !== undefined) packages.push(debianPackage);
  if (build !== undefined) builds.push(build);
  if (build?.debianPackage !== undefined && findTool(build.tool) === undefined) packages.push(build.debianPackage);
  const who = need.folders.map((folder) => relative(root, folder)).join(", ");
  if (who !== "") say(`${who} run against a real ${need.kind} server`);
}
if (packages.length > 0)
  say(`installing ${packages.join(" and ")} with apt-get, for servers that run as child processes`);
if (packages.length > 0 && !installPackages(packages)) say("not installed: that takes apt-get, and root or sudo");
for (const build of builds) {
  if (findTool(build.tool) === undefined) continue;
  say(`making a server of ${build.name} with ${build.tool}, which takes about a minute`);
  if (!makeServer(build)) say(`not made: it may need a newer ${build.tool}, or the registry that it asks`);
}
for (const need of needs) {
  const error = await missing(need);
  if (error !== undefined) say(`${error.message}; until then its tests are NOT RUN`);
}

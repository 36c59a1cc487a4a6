import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { recipes } from "./recipes.ts";
import type { ServerKind } from "./server.ts";

/** A kind of server, and the folders of the packages whose programs or tests ask for it. */
export interface Need {
  readonly kind: ServerKind;
  readonly folders: readonly string[];
}

const passedOver = new Set(["node_modules", "dist"]);
const asked =
  /\b(?:(?:withServer|obtainServer)\(\s*"(?<kind>[\w-]+)"|(?:with|obtain)(?<clustered>[A-Z]\w+)(?:Cluster|Sentinels)\()/g;

function* programsIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !passedOver.has(entry.name)) yield* programsIn(path);
    else if (entry.isFile() && entry.name.endsWith(".ts")) yield path;
  }
}

function kindsIn(folder: string): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const path of programsIn(folder)) {
    for (const { groups } of readFileSync(path, "utf8").matchAll(asked)) {
      kinds.add(groups?.["kind"] ?? String(groups?.["clustered"]).toLowerCase());
    }
  }
  return kinds;
}

/** The servers that these packages ask for by name: `withServer("redis", …`. Kinds that nobody asks for are left out. */
export function needsOf(folders: readonly string[]): readonly Need[] {
  const kinds = folders.map((folder) => ({ folder, asked: kindsIn(folder) }));
  return Object.keys(recipes)
    .map((kind) => ({
      kind: kind as ServerKind, // The keys of a record of them.
      folders: kinds.filter((one) => one.asked.has(kind)).map(({ folder }) => folder),
    }))
    .filter((need) => need.folders.length > 0);
}

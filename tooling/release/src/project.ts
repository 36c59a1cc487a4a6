import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { outputOf } from "./command.ts";

/** What a project of a user needs to know of a package. */
interface InstalledManifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const resolutions = { nodenext: "nodenext", bundler: "esnext" } as const;

/**
 * What goes wrong in a new project that installs the packages with npm, as they are packed; empty when nothing does. It
 * loads every door (of packages without peers, which nobody has installed here), and runs and compiles the program.
 *
 * @param folder where the project is made; nothing above it may hold packages.
 * @param tarballs by the name of their package.
 * @param program JavaScript that is TypeScript too.
 */
export function projectProblems(
  folder: string,
  tarballs: ReadonlyMap<string, string>,
  program: string,
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const install = outputOf("npm", ["install", "--no-audit", "--no-fund", ...tarballs.values()], folder);
  if (!install.ok) return [`npm install\n${install.text}`];
  writeFileSync(join(folder, "program.js"), program);
  writeFileSync(join(folder, "program.ts"), program);
  const doors = [...tarballs.keys()].flatMap((name) => doorsOf(folder, name));
  writeFileSync(join(folder, "doors.js"), doors.map((door) => `import "${door}";\n`).join(""));
  return [
    ...(doors.length === 0 ? ["no door to load: looking in the wrong place"] : []),
    ...complaint("every door", outputOf(process.execPath, ["doors.js"], folder)),
    ...complaint("the program", outputOf(process.execPath, ["program.js"], folder)),
    ...Object.entries(resolutions).flatMap(([moduleResolution, module]) =>
      complaint(`types, moduleResolution ${moduleResolution}`, compile(folder, { module, moduleResolution })),
    ),
  ];
}

/** Without the types of Node, which a user may not have. */
function compile(folder: string, options: object): { ok: boolean; text: string } {
  const lib = ["es2023", "esnext.disposable", "dom"];
  const compilerOptions = { ...options, target: "es2023", lib, types: [], strict: true, noEmit: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  return outputOf(process.execPath, [join(manifest, "../bin/tsc"), "-p", "."], folder);
}

function doorsOf(folder: string, name: string): readonly string[] {
  const text = readFileSync(join(folder, "node_modules", name, "package.json"), "utf8");
  const { exports, peerDependencies } = JSON.parse(text) as InstalledManifest;
  return peerDependencies === undefined ? Object.keys(exports).map((door) => name + door.slice(1)) : [];
}

function complaint(what: string, { ok, text }: { ok: boolean; text: string }): readonly string[] {
  return ok ? [] : [`${what}\n${text}`];
}

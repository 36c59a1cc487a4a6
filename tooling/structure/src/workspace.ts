import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** The fields of a package.json that the rules read; everything may be missing. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: Readonly<Record<string, unknown>> };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** One text file: `path` is relative to the folder it was read from, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A workspace package. `folder` is relative to the root (`packages/core`), the paths of `files` to the folder. */
export interface WorkspacePackage {
  readonly group: "packages" | "tooling" | "examples";
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: readonly TextFile[];
}

/** Everything the rules look at, read once. */
export interface Workspace {
  readonly packages: readonly WorkspacePackage[];
  /** Every text file of the repository, those of packages included; paths are relative to the root. */
  readonly files: readonly TextFile[];
}

const groups = ["packages", "tooling", "examples"] as const;
const skippedFolders = new Set(["node_modules", "dist", "coverage", ".git", ".turbo"]);
const binaryExtensions = new Set([".png", ".jpg", ".gif", ".ico", ".gz", ".tgz", ".zip", ".woff2"]);

function pathsBelow(folder: string, prefix = ""): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return skippedFolders.has(entry.name) ? [] : pathsBelow(join(folder, entry.name), `${prefix}${entry.name}/`);
    }
    return entry.isFile() && !binaryExtensions.has(extname(entry.name)) ? [prefix + entry.name] : [];
  });
}

/**
 * Reads the repository at `root`: every text file outside installed, built and generated folders, and the packages in
 * `packages/`, `tooling/` and `examples/` (a folder with a package.json).
 *
 * @throws SyntaxError for a package.json that is not JSON.
 */
export function readWorkspace(root: string): Workspace {
  const files = pathsBelow(root)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  const packages = groups.flatMap((group) => {
    const names = existsSync(join(root, group)) ? readdirSync(join(root, group)) : [];
    return names.sort().flatMap((name) => {
      const folder = `${group}/${name}`;
      const own = files
        .filter(({ path }) => path.startsWith(`${folder}/`))
        .map(({ path, text }) => ({ path: path.slice(folder.length + 1), text }));
      const manifest = own.find(({ path }) => path === "package.json");
      return manifest ? [{ group, folder, manifest: JSON.parse(manifest.text) as Manifest, files: own }] : [];
    });
  });
  return { packages, files };
}

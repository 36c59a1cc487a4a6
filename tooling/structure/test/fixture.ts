import type { Manifest, TextFile, Workspace, WorkspacePackage } from "../src/workspace.ts";

const goodManifest: Manifest = {
  version: "0.1.0",
  description: "A package that breaks no rule.",
  license: "Apache-2.0",
  type: "module",
  sideEffects: false,
  engines: { node: ">=20.19" },
  files: ["dist", "!dist/*.tsbuildinfo"],
  exports: { ".": "./src/index.ts" },
  publishConfig: {
    access: "public",
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  },
};

const goodFiles: Readonly<Record<string, string>> = {
  "README.md": "# Read me\n",
  LICENSE: "Apache\n",
  "src/index.ts": "export const one = 1;\n",
};

const textFiles = (files: Readonly<Record<string, string>>): readonly TextFile[] =>
  Object.entries(files).map(([path, text]) => ({ path, text }));

/** A publishable package without a fault, with the given fields and files changed. */
export function packageAt(
  name: string,
  files: Readonly<Record<string, string>> = {},
  manifest: Partial<Manifest> = {},
): WorkspacePackage {
  return {
    group: "packages",
    folder: `packages/${name}`,
    manifest: { ...goodManifest, name: `@muster/${name}`, ...manifest },
    files: textFiles({ ...goodFiles, ...files }),
  };
}

/** The doors of core and filter, for packages that import them. */
export const filterPackage: WorkspacePackage = packageAt("filter");
export const corePackage: WorkspacePackage = packageAt(
  "core",
  { "src/slots/index.ts": 'import type { Filter } from "@muster/filter";\nexport type Scan = Filter;\n' },
  {
    dependencies: { "@muster/filter": "workspace:^" },
    exports: { ".": "./src/index.ts", "./slots": "./src/slots/index.ts" },
    publishConfig: {
      access: "public",
      exports: {
        ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./slots": { types: "./dist/slots/index.d.ts", default: "./dist/slots/index.js" },
      },
    },
  },
);

/** A repository of these packages; its other files are only theirs. */
export function workspaceOf(...packages: readonly WorkspacePackage[]): Workspace {
  const files = packages.flatMap((pkg) => pkg.files.map(({ path, text }) => ({ path: `${pkg.folder}/${path}`, text })));
  return { packages, files };
}

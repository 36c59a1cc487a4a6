/** The door for tests that start many processes: TypeScript, compiled before the first of them starts. */

import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

const URL_OF_SOURCE = "urlOfSource";
const HAS_BEEN_HERE = Symbol("resolved");

/** Packages stay where they are, and are imported from there. */
const packagesByPath: Plugin = {
  name: "packages by path",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (kind === "entry-point" || pluginData === HAS_BEEN_HERE) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: HAS_BEEN_HERE });
      return found.path.includes("/node_modules/") ? { path: found.path, external: true } : found;
    });
  },
};

/** A module finds what lies beside it where its source is, except for what has been compiled. */
function ownUrls(compiled: ReadonlyMap<string, URL>): Plugin {
  const located = (text: string, from: URL): string =>
    text.replaceAll(/new URL\("(\.[^"]+)", import\.meta\.url\)/g, (whole, path: string) => {
      const place = compiled.get(new URL(path, from).href);
      return place === undefined ? whole : `new URL(${JSON.stringify(place.href)})`;
    });
  return {
    name: "own URLs",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const from = pathToFileURL(path);
        const own = `const ${URL_OF_SOURCE} = ${JSON.stringify(from.href)};`;
        return { contents: `${own} ${located(await readFile(path, "utf8"), from)}`, loader: "ts" };
      });
    },
  };
}

/** What plain Node can run in place of each source, until it is disposed of. */
export type Compiled<Name extends string> = Readonly<Record<Name, URL>> & Disposable;

/**
 * Compiles modules, and with them what they import of the repository, once for all of them. Where one of them is found by
 * `new URL("./…", import.meta.url)`, such as for a thread, what was compiled is found instead.
 *
 * A process that loads its sources through tsx computes for half a second before its first line.
 *
 * @throws Error: one of them is not to be compiled.
 */
export async function compile<Name extends string>(sources: Readonly<Record<Name, URL>>): Promise<Compiled<Name>> {
  const { build } = await import("esbuild"); // Only who compiles loads it, and not whoever imports a module that may.
  const outdir = mkdtempSync(join(tmpdir(), "muster-compiled-"));
  const remove = (): void => rmSync(outdir, { recursive: true, force: true });
  const names = Object.keys(sources) as Name[];
  const places = names.map((name) => [name, pathToFileURL(join(outdir, `${name}.mjs`))] as const);
  const compiled = new Map(places.map(([name, place]) => [sources[name].href, place]));
  try {
    await build({
      entryPoints: Object.fromEntries(names.map((name) => [name, fileURLToPath(sources[name])])),
      outdir,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      keepNames: true,
      logLevel: "silent",
      define: { "import.meta.url": URL_OF_SOURCE },
      plugins: [packagesByPath, ownUrls(compiled)],
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { ...(Object.fromEntries(places) as Record<Name, URL>), [Symbol.dispose]: remove }; // Of the same names.
}

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { compile } from "../src/compile.ts";

const CORE = new URL("../../../packages/core/src/slots/index.ts", import.meta.url).href;
const VITEST = import.meta.resolve("vitest/package.json");
const folder = mkdtempSync(join(tmpdir(), "muster-sources-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function source(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

/** What plain Node writes that runs it. */
async function outputOf(program: URL): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program.pathname]);
  return stdout.trim();
}

test("what is compiled together runs without flags, and shares what it imports", async () => {
  const shared = source("shared.ts", "export const keys: string[] = [];");
  const part = source("part.ts", `import { keys } from "${shared.pathname}"; keys.push("part");`);
  const main = source(
    "main.ts",
    `import { keys } from "${shared.pathname}";
     import { MusterError } from "${new URL(CORE).pathname}";
     await import(process.argv[2] ?? "");
     const error: Error = new MusterError({ code: "CLOSED", source: "test", message: "" });
     console.log(keys.join(), error.constructor.name);`,
  );
  using compiled = await compile({ main, part });
  const { stdout } = await promisify(execFile)(process.execPath, [compiled.main.pathname, compiled.part.href]);
  expect(stdout.trim()).toBe("part MusterError");
});

test("a module finds what lies beside it, and each its own", async () => {
  const beside = source("beside.ts", "export const url = import.meta.url;");
  const main = source("urls.ts", 'import { url } from "./beside.ts"; console.log(url, import.meta.url);');
  using compiled = await compile({ main });
  expect(await outputOf(compiled.main)).toBe(`${beside.href} ${main.href}`);
});

test("one that finds another finds what was compiled", async () => {
  const thread = source("thread.ts", "const text: string = import.meta.url; console.log(text);");
  const main = source("starter.ts", 'await import(new URL("./thread.ts", import.meta.url).href);');
  using compiled = await compile({ main, thread });
  expect(await outputOf(compiled.main)).toBe(thread.href);
});

test("packages are imported from where they are", async () => {
  const main = source(
    "packages.ts",
    `import info from "${new URL(VITEST).pathname}" with { type: "json" }; console.log(info.name);`,
  );
  using compiled = await compile({ main });
  expect(await outputOf(compiled.main)).toBe("vitest");
});

test("what was compiled goes when it is disposed of", async () => {
  const compiled = await compile({ main: source("going.ts", "console.log(1);") });
  expect(existsSync(compiled.main)).toBe(true);
  compiled[Symbol.dispose]();
  expect(existsSync(compiled.main)).toBe(false);
});

test("what is no TypeScript is refused", async () => {
  await expect(compile({ main: source("broken.ts", "const = 1;") })).rejects.toThrow(/broken\.ts/);
});

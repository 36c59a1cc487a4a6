import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DIST = fileURLToPath(new URL("../dist/", import.meta.url)); // Ignored by git, and below the packages the program imports.
const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((file) => `docs/${file}`)];
const TSCONFIG = {
  extends: "../../../../tsconfig.base.json",
  compilerOptions: { composite: false, declaration: false, declarationMap: false, noEmit: true, noUnusedLocals: true },
  include: ["program.ts"],
};

describe("the README's program", { timeout: 60_000 }, () => {
  it("compiles, runs, and wakes nobody whose battery is full", async () => {
    const program = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
    await mkdir(DIST, { recursive: true });
    const folder = await mkdtemp(join(DIST, "readme-"));
    try {
      await writeFile(join(folder, "program.ts"), program);
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
      const manifest = createRequire(join(ROOT, "package.json")).resolve("typescript/package.json");
      await run(process.execPath, [join(dirname(manifest), "bin/tsc"), "-p", folder]);
      const { stdout } = await run(process.execPath, ["--import", "tsx", join(folder, "program.ts")], { cwd: DIST });
      expect(stdout.trim().split("\n").toSorted()).toEqual(["1 of 1 delivered", "lab got { command: 'sleep' }"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("the documentation", () => {
  it.each(PAGES)("%s links only to what is there", (page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? "")
      .filter((link) => !link.startsWith("https://"));
    const headings = new Set([...text.matchAll(/^#+ (.*)$/gm)].map((match) => anchor(match[1] ?? "")));
    expect(links.length).toBeGreaterThan(0);
    const broken = links.filter((link) =>
      link.startsWith("#") ? !headings.has(link.slice(1)) : !existsSync(resolve(ROOT, dirname(page), link)),
    );
    expect(broken).toEqual([]);
  });
});

/** As GitHub names a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");
}

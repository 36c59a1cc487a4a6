import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Block } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Nothing that a page shows takes that long; what hangs must not outlive its test. */
const TIMEOUT_MS = 50_000;
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Blocks as programs of their own, in a folder that lasts until they are disposed of. `@muster/*` are the sources of the
 * workspace, by the doors of each package; other packages are those that this one depends on.
 */
export class Programs implements Disposable {
  readonly #folder: string;
  readonly #blocks: readonly Block[];

  constructor(blocks: readonly Block[]) {
    mkdirSync(DIST, { recursive: true });
    this.#folder = mkdtempSync(join(DIST, "programs-"));
    this.#blocks = blocks;
    for (const [index, { text }] of blocks.entries()) writeFileSync(join(this.#folder, `${index}.ts`), text);
    writeFileSync(join(this.#folder, "tsconfig.json"), JSON.stringify(settings(this.#folder)));
  }

  /**
   * What the compiler says about each block, in their order, with lines of the page; empty: it compiles.
   *
   * @throws Error when there is nothing to compile, or the compiler fails for another reason.
   */
  async complaints(): Promise<readonly (readonly string[])[]> {
    if (this.#blocks.length === 0) throw new Error("no block to compile: looking in the wrong place");
    const manifest = createRequire(join(ROOT, "package.json")).resolve("typescript/package.json");
    const { code, stdout, stderr } = await run(
      [join(manifest, "../bin/tsc"), "-p", ".", "--pretty", "false"],
      this.#folder,
    );
    const found = [...stdout.matchAll(/^(\d+)\.ts\((\d+),\d+\): error (.*)$/gmu)];
    if (code !== 0 && found.length === 0) throw new Error(`tsc failed:\n${stdout}${stderr}`);
    return this.#blocks.map(({ page, fence }, index) =>
      found
        .filter(({ 1: file }) => Number(file) === index)
        .map(({ 2: line, 3: message }) => `${page}:${fence + Number(line)}: ${message}`),
    );
  }

  /** What one of them prints, line by line. @throws Error when it exits with another code than 0. */
  async output(index: number): Promise<readonly string[]> {
    const args = ["--import", import.meta.resolve("tsx"), `${index}.ts`];
    const { code, stdout, stderr } = await run(args, this.#folder, {
      TSX_TSCONFIG_PATH: join(this.#folder, "tsconfig.json"),
    });
    if (code !== 0) throw new Error(`exit code ${code}\n${stderr}`);
    return stdout.trim().split("\n");
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function settings(folder: string): object {
  return {
    extends: relative(folder, join(ROOT, "tsconfig.base.json")),
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      noEmit: true,
      // A block may show a declaration for its own sake.
      noUnusedLocals: false,
      moduleDetection: "force",
      paths: Object.fromEntries(doors().map(([name, path]) => [name, [relative(folder, path)]])),
    },
    include: ["*.ts"],
  };
}

/** What each package can be imported as, and the source behind it; those of `tooling` are for contributors' pages. */
function doors(): readonly (readonly [string, string])[] {
  const folders = ["packages", "tooling"].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)),
  );
  return folders.flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly name: string;
      readonly exports?: Readonly<Record<string, string>>;
    };
    return Object.entries(manifest.exports ?? {}).map(
      ([door, path]) => [manifest.name + door.slice(1), join(folder, path)] as const,
    );
  });
}

async function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env }, timeout: TIMEOUT_MS, killSignal: "SIGKILL" } as const;
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}

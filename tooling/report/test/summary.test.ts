import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const reporter = new URL("../src/summary.ts", import.meta.url).href;
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-report-"));
  writeFileSync(
    join(root, "vitest.config.ts"),
    `import { summary } from ${JSON.stringify(fileURLToPath(reporter))};\n` +
      'export default { test: { globals: true, reporters: ["default", summary(Number(process.env.EARLIER ?? 0))] } };\n',
  );
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Run {
  readonly lines: readonly string[];
  readonly code: number | null;
}

/** Runs vitest on one test file with this text; gives its last line and exit code. */
function run(text: string | undefined, earlierFailures = 0): { last: string | undefined; code: number | null } {
  const { lines, code } = runAll(text, earlierFailures);
  return { last: lines.at(-1), code };
}

function runAll(text: string | undefined, earlierFailures: number): Run {
  if (text !== undefined) writeFileSync(join(root, "a.test.ts"), text);
  const { stdout, status } = spawnSync(process.execPath, [vitest, "run", "--root", root], {
    encoding: "utf8",
    env: { ...process.env, EARLIER: String(earlierFailures) },
  });
  return { lines: stdout.trimEnd().split("\n"), code: status };
}

test("counts what passed, failed and did not run, and fails with the failures", () => {
  const text =
    'test("a", () => {}); test("b", () => { throw new Error("x"); }); test.skip("c", () => {}); test.todo("d");';
  expect(run(text)).toEqual({ last: "1 passed, 1 failed, 2 skipped", code: 1 });
});

test("a run without a failure ends with code 0", () => {
  expect(run('test("a", () => {});')).toEqual({ last: "1 passed, 0 failed, 0 skipped", code: 0 });
});

test("a file that does not load is a failure", () => {
  expect(run('throw new Error("x");')).toEqual({ last: "0 passed, 1 failed, 0 skipped", code: 1 });
});

test("a hook that throws is a failure, and the tests it kept from running are skipped", () => {
  const text = 'describe("s", () => { beforeAll(() => { throw new Error("x"); }); test("a", () => {}); });';
  expect(run(text)).toEqual({ last: "0 passed, 1 failed, 1 skipped", code: 1 });
});

test("an error outside any test is a failure", () => {
  expect(run('test("a", () => { void Promise.reject(new Error("x")); });')).toEqual({
    last: "1 passed, 1 failed, 0 skipped",
    code: 1,
  });
});

test("a run in which every test is skipped fails", () => {
  expect(run('test.skip("a", () => {});')).toEqual({ last: "0 passed, 0 failed, 1 skipped", code: 1 });
});

test("a run without test files fails", () => {
  expect(run(undefined)).toMatchObject({ code: 1 });
});

test("an earlier failure is counted and fails the run", () => {
  expect(run('test("a", () => {});', 1)).toEqual({ last: "1 passed, 1 failed, 0 skipped", code: 1 });
});

test("names what did not run, before the counts, but no endless list of it", () => {
  const { lines } = runAll('test("a", () => {}); describe("s", () => { test.skip("b", () => {}); });', 0);
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^not run: .*a\.test\.ts > s > b$/),
    "1 passed, 0 failed, 1 skipped",
  ]);
  const many = runAll('test("a", () => {}); for (let i = 0; i < 50; i += 1) test.skip("s" + i, () => {});', 0);
  expect(many.lines.slice(-2)).toEqual(["not run: 10 more", "1 passed, 0 failed, 50 skipped"]);
  expect(many.lines.filter((line) => line.startsWith("not run"))).toHaveLength(41);
});

test("a test that stands for those without a server is listed with the command that gets it", () => {
  const { lines } = runAll(
    'test("a", () => {}); test.skip("NOT RUN: needs redis (apt-get install redis-server)", () => {});',
    0,
  );
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^NOT RUN without redis \(apt-get install redis-server\): /),
    "1 passed, 0 failed, 1 skipped",
  ]);
});

test("a test that passes at its second try is a passed one, and named", () => {
  const { lines, code } = runAll(
    'let tries = 0; test("a", { retry: 1 }, () => { tries += 1; if (tries === 1) throw new Error("x"); });',
    0,
  );
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^passed at a second try: .*a\.test\.ts > a$/),
    "1 passed, 0 failed, 0 skipped",
  ]);
  expect(code).toBe(0);
});

test("a test that fails at its second try too is a failure", () => {
  const text = 'test("a", { retry: 1 }, () => { throw new Error("x"); });';
  expect(run(text)).toEqual({ last: "0 passed, 1 failed, 0 skipped", code: 1 });
});

test("names each failure and its reason right before the counts", () => {
  const hook = 'describe("s", () => { beforeAll(() => { throw new Error("hook"); }); test("b", () => {}); });';
  const { lines } = runAll(
    `test("a", () => { void Promise.reject(new Error("stray")); throw new Error("first line\\nsecond"); }); ${hook}`,
    0,
  );
  expect(lines.slice(-4)).toEqual([
    expect.stringMatching(/^failed: .*a\.test\.ts > s: hook$/),
    expect.stringMatching(/^failed: .*a\.test\.ts > a: first line$/),
    "failed outside any test: stray",
    "0 passed, 3 failed, 1 skipped",
  ]);
  const unloaded = runAll('throw new Error("x");', 0);
  expect(unloaded.lines.at(-2)).toMatch(/^failed: .*a\.test\.ts: x$/);
});

/** The bindings, run by the real runners: the same three subjects in each, one passing, one failing, one unreachable. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runConformance } from "../src/execution.ts";
import { conformanceMarkdown } from "../src/markdown.ts";
import { options, subject } from "./fixtures/passing.ts";
import { type Ended, FIXTURES, node } from "./processes.ts";

const scratch = mkdtempSync(join(tmpdir(), "muster-conformance-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let expected = "";
beforeAll(async () => {
  const report = await runConformance(subject, options);
  if ("verdict" in report) expected = conformanceMarkdown(report);
});

interface Ran {
  readonly code: number | null;
  /** By full name. */
  readonly tests: ReadonlyMap<string, { readonly status: string; readonly message: string }>;
}

interface VitestJson {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function runVitest(args: readonly string[], env: Readonly<Record<string, string>>): Ran {
  const runner = join(fileURLToPath(import.meta.resolve("vitest/package.json")), "../vitest.mjs");
  const { code, out } = node([runner, "run", "--root", FIXTURES, "--reporter", "json", ...args], env);
  const { testResults } = JSON.parse(out) as VitestJson; // As vitest's reporter documents it.
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    code,
    tests: new Map(
      tests.map(({ fullName, status, failureMessages }) => [fullName, { status, message: failureMessages.join("\n") }]),
    ),
  };
}

function runNodeTest(env: Readonly<Record<string, string>>): Ended {
  return node(["--test-reporter", "tap", "node-test.fixture.ts"], env);
}

function markdownFile(name: string, text?: string): URL {
  const path = join(scratch, name);
  if (text !== undefined) writeFileSync(path, text);
  return pathToFileURL(path);
}

function closedFile(name: string): string {
  return join(scratch, `${name}-closed`);
}

describe("vitest", { timeout: 60_000 }, () => {
  test("has a test per case, writes CONFORMANCE.md when told to update, and closes the subject once", () => {
    const markdown = markdownFile("CONFORMANCE.md");
    const { code, tests } = runVitest(["-u"], {
      FIXTURE_MARKDOWN: markdown.href,
      FIXTURE_CLOSED: closedFile("vitest"),
    });
    expect(code).toBe(1);
    expect([...tests].map(([name, { status }]) => [name, status])).toEqual([
      ["passing registry/test/holds: It holds.", "passed"],
      ["passing registry/test/fails (known failing: on purpose)", "passed"],
      ["passing registry/test/other: It is about others.", "skipped"],
      ["passing messaging/test/holds: It holds, too.", "passed"],
      ["passing CONFORMANCE.md says what this run has shown", "passed"],
      ["failing registry/test/holds: It holds.", "passed"],
      ["failing registry/test/fails: It does not.", "failed"],
      ["failing registry/test/other: It is about others.", "failed"],
      ["failing messaging/test/holds: It holds, too.", "passed"],
      ["unreachable the run is configured", "failed"],
    ]);
    expect(readFileSync(markdown, "utf8")).toBe(expected);
    expect(readFileSync(closedFile("vitest"), "utf8")).toBe("closed\n");
  });

  test("fails what fails, what is misconfigured, and an outdated CONFORMANCE.md", () => {
    const outdated = markdownFile("OUTDATED.md", `${expected}and more\n`);
    const { code, tests } = runVitest([], { FIXTURE_MARKDOWN: outdated.href });
    expect(code).toBe(1);
    const message = (name: string): string | undefined => tests.get(name)?.message;
    expect(message("passing OUTDATED.md says what this run has shown")).toContain("mismatched");
    expect(message("failing registry/test/fails: It does not.")).toContain("registry/test/fails (seed 1): boom");
    expect(message("failing registry/test/other: It is about others.")).toContain("is pinned, but no longer applies");
    expect(message("unreachable the run is configured")).toContain("could not be opened: [UNAVAILABLE]");
  });
});

describe("node:test", { timeout: 60_000 }, () => {
  test("passes a subject that does, with a test per case and its CONFORMANCE.md, and closes it once", () => {
    const current = markdownFile("CURRENT.md", expected);
    const { code, out } = runNodeTest({
      FIXTURE_ONLY: "passing",
      FIXTURE_MARKDOWN: current.href,
      FIXTURE_CLOSED: closedFile("node-test"),
    });
    expect(out).toContain("ok 1 - registry/test/holds: It holds.");
    expect(out).toContain("ok 2 - registry/test/fails (known failing: on purpose)");
    expect(out).toContain("ok 3 - registry/test/other: It is about others. # SKIP does not apply");
    expect(out).toContain("ok 4 - messaging/test/holds: It holds, too.");
    expect(out).toContain("ok 5 - CURRENT.md says what this run has shown");
    expect(out).toContain("\nok 1 - passing");
    expect(code).toBe(0);
    expect(readFileSync(closedFile("node-test"), "utf8")).toBe("closed\n");
  });

  test("fails what fails, what is misconfigured, and an outdated CONFORMANCE.md", () => {
    const outdated = markdownFile("OUTDATED.md", `${expected}and more\n`);
    const { code, out } = runNodeTest({ FIXTURE_MARKDOWN: outdated.href });
    expect(out).toContain("not ok 5 - OUTDATED.md says what this run has shown");
    expect(out).toContain("ok 1 - registry/test/holds: It holds.");
    expect(out).toContain("not ok 2 - registry/test/fails: It does not.");
    expect(out).toContain("registry/test/fails (seed 1): boom");
    expect(out).toContain("not ok 3 - registry/test/other: It is about others.");
    expect(out).toContain("not ok 3 - unreachable");
    expect(out).toContain("could not be opened: [UNAVAILABLE]");
    expect(code).toBe(1);
  });
});

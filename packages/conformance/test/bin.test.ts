import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { command } from "../src/command.ts";
import { type Ended, FIXTURES, node } from "./processes.ts";

const scratch = mkdtempSync(join(tmpdir(), "muster-conformance-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const passing = join(FIXTURES, "passing.ts");
const failing = join(FIXTURES, "failing.ts");

async function run(...argv: readonly string[]): Promise<Ended> {
  const written = { out: "", err: "" };
  const code = await command(argv, {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
  });
  return { code, ...written };
}

/** Without how long anything took. */
function lines(text: string): readonly string[] {
  return text
    .replace(/ {2}\d+ ms$/gm, "")
    .trimEnd()
    .split("\n");
}

describe("muster-conformance", () => {
  test("prints a line per case and a summary, and ends with 0 when all is well", async () => {
    const { code, out, err } = await run(passing);
    expect(lines(out)).toEqual([
      "passed          registry/test/holds",
      "known failing   registry/test/fails",
      "    on purpose",
      "not applicable  registry/test/other",
      "passed          messaging/test/holds",
      "PASSED: passing: 2 passed, 0 failed, 1 known failing, 1 not applicable (seed 1)",
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  test("shows why a case failed, and ends with 1", async () => {
    const { code, out } = await run(failing, "--seed", "7");
    expect(lines(out)).toEqual([
      "passed          registry/test/holds",
      "FAILED          registry/test/fails",
      "    registry/test/fails (seed 7): boom",
      "    The rule: It does not.",
      "FAILED          registry/test/other",
      "    registry/test/other is pinned, but no longer applies to failing: a claim was lost",
      "passed          messaging/test/holds",
      "FAILED: failing: 2 passed, 2 failed, 0 known failing, 0 not applicable (seed 7)",
    ]);
    expect(code).toBe(1);
  });

  test("writes the report as JSON for machines, alone on standard output or to a file", async () => {
    const { code, out } = await run(failing, "--json", "-");
    expect(JSON.parse(out)).toMatchObject({ subject: "failing", verdict: "failed", counts: { passed: 2, failed: 2 } });
    expect(code).toBe(1);
    const file = join(scratch, "conformance.json");
    await run(failing, "--json", file);
    expect(readFileSync(file, "utf8")).toBe(out);
  });

  test("writes CONFORMANCE.md, but not over a failure", async () => {
    const file = join(scratch, "CONFORMANCE.md");
    expect((await run(passing, "--markdown", file)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(/^# Conformance: passing\n/);
    const { code, err } = await run(failing, "--markdown", file);
    expect({ code, err }).toEqual({ code: 1, err: `${file} is left as it is: some cases failed\n` });
    expect(readFileSync(file, "utf8")).toMatch(/^# Conformance: passing\n/);
  });

  test("runs the cases and slots it is asked for, with each seed", async () => {
    const one = await run(passing, "--only", "registry/test/holds", "--seed", "3", "--seed", "4");
    expect(lines(one.out)).toEqual([
      "passed          registry/test/holds",
      "PASSED: passing: 1 passed, 0 failed, 0 known failing, 0 not applicable (seed 3, 4)",
    ]);
    const slot = await run(passing, "--slot", "messaging", "--parallel");
    expect(lines(slot.out)[0]).toBe("passed          messaging/test/holds");
    expect(slot.code).toBe(0);
  });

  test("takes the subject from a default export, too", async () => {
    const file = join(scratch, "default.mjs");
    writeFileSync(file, 'export default () => ({ name: "empty" });\n');
    expect((await run(file)).err).toBe(
      "MISCONFIGURED: empty has no slot: none of registry, messaging, durability, outbox\n",
    );
  });

  test("explains itself", async () => {
    for (const flag of ["--help", "-h"]) {
      const { code, out } = await run(flag);
      expect(out).toMatch(/^Usage: muster-conformance <module>/);
      expect(code).toBe(0);
    }
  });
});

describe("a misconfigured run ends with 2 and a sentence", () => {
  const noSubject = join(scratch, "nothing.mjs");
  writeFileSync(noSubject, "export const other = 1;\n");
  const noBackend = join(scratch, "no-backend.mjs");
  writeFileSync(noBackend, 'export const subject = { name: "none", registry: () => ({}) };\n');
  const unclosable = join(scratch, "unclosable.mjs");
  writeFileSync(unclosable, 'export const subject = { name: "it", close: () => Promise.reject(new Error("busy")) };\n');
  const broken = join(scratch, "broken.mjs");
  writeFileSync(broken, 'throw new Error("no such host");\n');

  test.each([
    ["no module", [], "name one module"],
    ["two modules", [passing, failing], "name one module"],
    ["an unknown option", [passing, "--fast"], "Unknown option '--fast'"],
    ["an unknown id", [passing, "--only", "registry/test/no-such"], "no case has the id registry/test/no-such"],
    [
      "an unknown slot",
      [passing, "--slot", "storage"],
      '--slot is registry or messaging or durability or outbox, not "storage"',
    ],
    ["a seed that is none", [passing, "--seed", "x"], '--seed is a whole number, not "x"'],
    ["no filters", [passing, "--filters", "0"], "filters is 0: none would be compared"],
    ["half a CONFORMANCE.md", [passing, "--slot", "registry", "--markdown", "x"], "--markdown is about all cases"],
    ["a module that isn't there", [join(scratch, "absent.mjs")], "there is no file"],
    ["a module that throws", [broken], "broken.mjs could not be imported: no such host"],
    ["a module without a subject", [noSubject], "nothing.mjs exports no subject"],
    ["a subject that makes no backend", [noBackend], "the registry of none could not be opened: backend.open is not"],
    ["a subject that can't be closed", [unclosable], "it could not be closed: busy"],
    ["no server", [join(FIXTURES, "unreachable.ts")], "the registry of unreachable could not be opened: [UNAVAILABLE]"],
  ])("for %s", async (_, argv, sentence) => {
    const { code, err } = await run(...argv);
    expect(err).toMatch(/^MISCONFIGURED: /);
    expect(err).toContain(sentence);
    expect(code).toBe(2);
  });

  test("which machines read, too", async () => {
    const { out } = await run(join(FIXTURES, "unreachable.ts"), "--json", "-");
    expect(JSON.parse(out)).toEqual({ misconfigured: expect.stringContaining("could not be opened") });
  });
});

describe("as a process it ends with the same code", { timeout: 30_000 }, () => {
  const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
  const keepsOpen = "const timer = setInterval(() => {}, 1_000);\n";

  test("when nothing is open any more", () => {
    expect(node([bin, "failing.ts"])).toMatchObject({
      code: 1,
      out: expect.stringContaining("FAILED: failing"),
      err: "",
    });
    const closing = join(scratch, "closing.mjs");
    const subject = '{ name: "empty", close: async () => clearInterval(timer) }';
    writeFileSync(closing, `${keepsOpen}export const subject = ${subject};\n`);
    const err = "MISCONFIGURED: empty has no slot: none of registry, messaging, durability, outbox\n";
    expect(node([bin, closing])).toEqual({ code: 2, out: "", err });
  });

  test("and says so when the subject keeps something open", () => {
    const open = join(scratch, "open.mjs");
    writeFileSync(open, `${keepsOpen}export const subject = { name: "empty" };\n`);
    expect(node([bin, open])).toMatchObject({ code: 2, err: expect.stringContaining("still keeps the process open") });
  });
});

import { expect, test } from "vitest";
import { installPackages } from "../src/packages.ts";
import type { Run } from "../src/packages.ts";

/** A machine on which commands with one of these words fail, the n-th time they are given. */
function machine(fails: (line: string, time: number) => boolean): { readonly run: Run; readonly lines: string[] } {
  const lines: string[] = [];
  const run: Run = (command) => {
    const line = command.join(" ");
    lines.push(line);
    return !fails(line, lines.filter((other) => other === line).length);
  };
  return { run, lines };
}

const install = /^env .*apt-get install -y --no-install-recommends redis-server nats-server$/;

test("root installs with one command", () => {
  const { run, lines } = machine(() => false);
  expect(installPackages(["redis-server", "nats-server"], run, true)).toBe(true);
  expect(lines.slice(1)).toEqual([expect.stringMatching(install)]);
});

test("the lists are read anew only when installing failed, and then it is tried once more", () => {
  const { run, lines } = machine((line, time) => line.includes("install") && time === 1);
  expect(installPackages(["redis-server", "nats-server"], run, true)).toBe(true);
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(install),
    expect.stringMatching(/apt-get update$/),
    expect.stringMatching(install),
  ]);
});

test("others install through sudo, and only when it asks for no password", () => {
  const willing = machine(() => false);
  expect(installPackages(["nats-server"], willing.run, false)).toBe(true);
  expect(willing.lines.at(-1)).toMatch(/^sudo -n env .*apt-get install/);
  const unwilling = machine((line) => line.startsWith("sudo"));
  expect(installPackages(["nats-server"], unwilling.run, false)).toBe(false);
  expect(unwilling.lines.some((line) => line.includes("install"))).toBe(false);
});

test("where there is no apt-get nothing is tried", () => {
  const { run, lines } = machine((line) => line.startsWith("apt-get"));
  expect(installPackages(["nats-server"], run, true)).toBe(false);
  expect(lines).toHaveLength(1);
});

test("what fails twice has failed", () => {
  const { run } = machine((line) => line.includes("install"));
  expect(installPackages(["nats-server"], run, true)).toBe(false);
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CALL, entry, openIn, stored, TemporaryFolder } from "./support.ts";

const UPDATER = fileURLToPath(new URL("fixtures/updater.ts", import.meta.url));
const TIMES = 150;

interface Updater {
  readonly child: ChildProcess;
  /** How many of its updates it has been told of. */
  updated(): number;
}

function startUpdater(folder: string, epoch: number): Updater {
  const args = ["--import", "tsx", UPDATER, folder, String(epoch), String(TIMES)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
  return { child, updated: () => text.split("\n").length - 1 };
}

test("no update of several processes gets lost, and one that is killed takes nobody with it", {
  timeout: 60_000,
}, async () => {
  using folder = new TemporaryFolder();
  await using registry = await openIn(folder.path);
  const { epoch } = await stored(registry, entry("shared"));
  const updaters = [1, 2, 3].map(() => startUpdater(folder.path, epoch));
  const ended = updaters.map(async ({ child }) => once(child, "close"));
  const [victim, ...survivors] = updaters;
  victim?.child.stdout?.on("data", () => void (victim.updated() > 20 && victim.child.kill("SIGKILL")));
  await Promise.all(ended);
  expect(victim?.child.signalCode).toBe("SIGKILL");
  expect(survivors.map((one) => one.updated())).toEqual([TIMES, TIMES]);
  const told = updaters.reduce((sum, one) => sum + one.updated(), 0);
  const [found] = await registry.getMany(["shared"], CALL);
  expect(found?.epoch).toBe(epoch);
  expect([told, told + 1]).toContain((found?.revision ?? 0) - 1); // What the victim did last it may not have told.
});

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { RemoteProcess } from "../src/remote.ts";
import type { Counter } from "./fixtures/counter.ts";

const COUNTER = fileURLToPath(new URL("fixtures/counter.ts", import.meta.url));

type Counting = Pick<Counter, "add" | "fail" | "hang">;

async function start(...args: readonly string[]): Promise<RemoteProcess<Counting>> {
  return await RemoteProcess.start<Counting>(COUNTER, args);
}

it("answers each question with what the method gave there", async () => {
  await using counter = await start("5");
  expect(await Promise.all([counter.ask("add", 1), counter.ask("add", 10)])).toEqual([{ count: 6 }, { count: 16 }]);
});

it("throws what was thrown there, and goes on", async () => {
  await using counter = await start("0");
  await expect(counter.ask("fail", "no such number")).rejects.toThrow("no such number");
  expect(await counter.ask("add", 1)).toEqual({ count: 1 });
});

it("says why it did not start", async () => {
  await expect(start("-1")).rejects.toThrow("can't count from -1");
});

it("rejects what is open when it is killed, and whatever is asked later", async () => {
  await using counter = await start("0");
  await Promise.all([expect(counter.ask("hang")).rejects.toThrow("its process ended with SIGKILL"), counter.kill()]);
  await expect(counter.ask("add", 1)).rejects.toThrow("its process has ended");
});

it("answers what it was asked while it was frozen when it is thawed, and can be killed while it is", async () => {
  await using counter = await start("5");
  counter.freeze();
  let isAnswered = false;
  const answer = counter.ask("add", 1).finally(() => void (isAnswered = true));
  await using other = await start("0");
  expect(await other.ask("add", 2)).toEqual({ count: 2 });
  expect(isAnswered).toBe(false);
  counter.thaw();
  expect(await answer).toEqual({ count: 6 });
  counter.freeze();
  await counter.kill();
});

it("lets the process dispose of what it has opened", async () => {
  const folder = await mkdtemp(join(tmpdir(), "muster-remote-"));
  try {
    const farewell = join(folder, "farewell");
    const counter = await start("2", farewell);
    await counter.ask("add", 3);
    await counter[Symbol.asyncDispose]();
    expect(await readFile(farewell, "utf8")).toBe("ended at 5");
  } finally {
    await rm(folder, { recursive: true });
  }
});

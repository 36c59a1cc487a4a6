import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../demo/main.ts", import.meta.url));

test("what one process has registered another finds, until it has been killed and its TTL is over", {
  timeout: 60_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", MAIN], { timeout: 50_000 });
  expect(stdout.trim().split("\n")).toEqual([
    "registrar: registered hall, for as long as this process lives and 1 s more",
    "observer: sees hall",
    "2 s later it is still there: kill -9 the registrar",
    "observer: sees nobody",
  ]);
});

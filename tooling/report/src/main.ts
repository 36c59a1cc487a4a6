// `npm test`: types are tests here, so the type check of everything (tests and *.test-d.ts included) comes first;
// its failure is counted and does not hide the results of the tests. Then the servers that the tests ask for are got,
// then they run. Arguments are those of `vitest run`. In CI, where a machine may be held up for seconds, a test that fails
// has a second try, and the run says which ones needed it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseCLI, startVitest } from "vitest/node";
import { setUp } from "./set-up.ts";
import { summary } from "./summary.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const types = spawnSync("tsc -b", { cwd: root, shell: true, stdio: "inherit" });
const earlierFailures = types.status === 0 ? 0 : 1;

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, {
  retry: process.env["CI"] === "true" ? 1 : 0,
  ...options,
  root,
  watch: false,
  reporters: ["default", setUp(), summary(earlierFailures)],
});
await vitest.close();

// `pnpm structure [root]`: prints every broken rule, then what was examined; exit code 1 on an error.
import { fileURLToPath } from "node:url";
import { checkWorkspace } from "./check.ts";
import { readWorkspace } from "./workspace.ts";

const root = process.argv[2] ?? fileURLToPath(new URL("../../../", import.meta.url));
const { examined, problems } = checkWorkspace(readWorkspace(root));
const errors = problems.filter(({ severity }) => severity === "error").length;
for (const { at, message, severity } of problems) {
  process.stdout.write(`${severity === "warning" ? "warning: " : ""}${at}: ${message}\n`);
}
const counts = Object.entries(examined).map(([what, count]) => `${count} ${what}`);
process.stdout.write(
  `structure: examined ${counts.join(", ")}; ${errors} errors, ${problems.length - errors} warnings\n`,
);
if (errors > 0) process.exitCode = 1;

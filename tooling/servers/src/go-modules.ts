import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Run, runCommand } from "./packages.ts";
import type { GoModule } from "./recipe.ts";

/** Where Go lies as its own archive puts it, which is on nobody's `PATH`. */
const MORE_FOLDERS = ["/usr/local/go/bin"];

/** The path of the program, or undefined where there is no Go. */
export function findGo(path: string = process.env["PATH"] ?? ""): string | undefined {
  return [...path.split(delimiter), ...MORE_FOLDERS]
    .filter(Boolean)
    .map((folder) => join(folder, "go"))
    .find((go) => {
      try {
        accessSync(go, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** For a shell. */
export function goCommand({ path, folder }: GoModule): string {
  return `GOBIN=${folder()} go install ${path}`;
}

/**
 * Builds a program from its Go module, one step at a time so that others have the machine, too.
 *
 * @param go empty: there is none.
 * @returns false where there is no Go, and when it failed.
 */
export function installGoModule(
  { path, folder }: GoModule,
  run: Run = runCommand,
  go: string = findGo() ?? "",
): boolean {
  if (go === "") return false;
  return run(["env", `GOBIN=${folder()}`, "GOMAXPROCS=1", go, "install", "-p", "1", path], true);
}

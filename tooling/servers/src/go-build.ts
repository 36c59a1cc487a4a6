import type { Build } from "./builds.ts";

/** A program that `go install` builds, one step at a time so that others have the machine, too. */
export function goBuild(module: string, folder: () => string): Build {
  return {
    name: module,
    folder,
    tool: "go",
    command: () => `GOBIN=${folder()} go install ${module}`,
    make: (go, run) => run(["env", `GOBIN=${folder()}`, "GOMAXPROCS=1", go, "install", "-p", "1", module], true),
  };
}

/** Servers that no distribution has, made here of what a language's registry has. */

import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Run, runCommand } from "./packages.ts";

/** How a server is made. */
export interface Build {
  /** What it is made of, for people: `github.com/nats-io/nats-server/v2@v2.15.3`. */
  readonly name: string;
  /** Where the recipe's binary lies once it is made. */
  folder(): string;
  /** The program that makes it. */
  readonly tool: string;
  /** Has the tool. Absent: nobody is asked to have it, nor this server. */
  readonly debianPackage?: string;
  /** For a shell. */
  command(): string;
  /** @returns false when it failed. */
  make(tool: string, run: Run): boolean;
}

/** Where Go lies as its own archive puts it, which is on nobody's `PATH`. */
const MORE_FOLDERS = ["/usr/local/go/bin"];

/** The path of a program that makes servers, or undefined where there is none. */
export function findTool(name: string, path: string = process.env["PATH"] ?? ""): string | undefined {
  return [...path.split(delimiter), ...MORE_FOLDERS]
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Where what was made here is kept, apart from the programs of the system. */
export function cacheFolder(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "muster", name);
}

/**
 * Makes a server.
 *
 * @param tool empty: there is none.
 * @returns false where there is no tool for it, and when it failed.
 */
export function makeServer(build: Build, run: Run = runCommand, tool: string = findTool(build.tool) ?? ""): boolean {
  return tool !== "" && build.make(tool, run);
}

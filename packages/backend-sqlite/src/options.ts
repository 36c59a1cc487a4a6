/** Which file it is, and how sure each write has to be. */

import { resolve } from "node:path";
import { MusterError, type Violation } from "@muster/core/slots";
import { NAME } from "./errors.ts";
import { SharedFile } from "./thread/shared-file.ts";

export interface SqliteFileOptions {
  /**
   * Of a file on a disk of this machine, in a folder that exists; a relative one begins at the working directory. What is
   * missing of it is made by `open`. SQLite's own two files lie beside it: `…-wal` and `…-shm`.
   */
  readonly path: string;
  /**
   * `full`: what has returned outlives a loss of power. `normal`: it outlives the death of any process, and a loss of power
   * takes the last moments back, never a part of a call. Default `full`.
   */
  readonly synchronous?: "full" | "normal";
}

/** What the slots of one process share: one thread that talks to one file. Made by `sqliteFile`. */
export interface SqliteFile {
  /** Absolute. */
  readonly path: string;
}

/** A file that several slots of this process share. */
export interface SqliteByFile {
  readonly file: SqliteFile;
}

export type SqliteOptions = SqliteFileOptions | SqliteByFile;

const SYNCHRONOUS: ReadonlySet<unknown> = new Set(["full", "normal", undefined]);

/**
 * A file for several slots of one process, of whatever namespaces. It does nothing: the first slot that opens starts the
 * thread, and the last one that closes ends it.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function sqliteFile(options: SqliteFileOptions): SqliteFile {
  return fileOf(options);
}

/** @throws CONFIG_INVALID: with a violation for each option that is wrong. */
export function fileOf(options: SqliteOptions): SharedFile {
  const violations = violationsIn(options);
  if (violations.length > 0) throw misconfigured(`${NAME}.options`, violations);
  if (!("file" in options)) return new SharedFile(resolve(options.path), options.synchronous ?? "full");
  if (options.file instanceof SharedFile) return options.file;
  throw misconfigured(`${NAME}.options`, [NO_FILE]);
}

export function misconfigured(source: string, violations: readonly Violation[]): MusterError<"CONFIG_INVALID"> {
  const message = violations.map(({ path, message: text }) => `${path} ${text}`).join("; ");
  return new MusterError({ code: "CONFIG_INVALID", source, message, detail: { violations } });
}

const NO_FILE: Violation = { path: "file", message: "is what sqliteFile gives" };

function violationsIn(options: SqliteOptions): readonly Violation[] {
  if ("file" in options) {
    if ("path" in options)
      return [{ path: "path and file", message: "are given, where exactly one of them has to be" }];
    return options.file instanceof SharedFile ? [] : [NO_FILE];
  }
  const { path, synchronous } = options;
  return [
    ...(isPath(path) ? [] : [{ path: "path", message: "is the path of a file; what lies in memory can't be shared" }]),
    ...(SYNCHRONOUS.has(synchronous) ? [] : [{ path: "synchronous", message: "is full or normal" }]),
  ];
}

function isPath(path: unknown): boolean {
  return typeof path === "string" && path !== "" && path !== ":memory:" && !path.includes("\0");
}

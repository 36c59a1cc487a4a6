/** What goes wrong with files, in the words of Muster. */

import { isMusterError, MusterError } from "@muster/core/slots";

const CODES: ReadonlyMap<unknown, "PERMISSION_DENIED" | "RATE_LIMITED" | "UNAVAILABLE"> = new Map([
  ["EACCES", "PERMISSION_DENIED"],
  ["EPERM", "PERMISSION_DENIED"],
  ["EROFS", "PERMISSION_DENIED"],
  ["EAGAIN", "RATE_LIMITED"],
  ["EMFILE", "RATE_LIMITED"],
  ["ENFILE", "RATE_LIMITED"],
  ["ENOMEM", "RATE_LIMITED"],
  ["EBUSY", "UNAVAILABLE"],
  ["EDQUOT", "UNAVAILABLE"],
  ["EIO", "UNAVAILABLE"],
  ["ENODEV", "UNAVAILABLE"],
  ["ENOENT", "UNAVAILABLE"],
  ["ENOSPC", "UNAVAILABLE"],
  ["ENXIO", "UNAVAILABLE"],
  ["ESTALE", "UNAVAILABLE"],
]);

/** No folder can ever be there. One that is missing may be on a disk that isn't mounted yet: that is `UNAVAILABLE`. */
const WRONG_FOLDER: ReadonlySet<unknown> = new Set(["ELOOP", "ENAMETOOLONG", "ENOTDIR"]);

/** Anything thrown while a call was served; what is coded already keeps its code. `source` is `files.setMany`. */
export function fileError(cause: unknown, source: string, mayHaveApplied: boolean): MusterError {
  if (isMusterError(cause)) return cause;
  const code = CODES.get(systemCode(cause)) ?? "INTERNAL";
  return new MusterError({ code, source, message: messageOf(cause), mayHaveApplied, cause });
}

/** Anything thrown while `folder` was opened. */
export function folderError(cause: unknown, folder: string): MusterError {
  const source = "files.open";
  if (isMusterError(cause) || !WRONG_FOLDER.has(systemCode(cause))) return fileError(cause, source, false);
  const message = `this can't be a folder: ${messageOf(cause)}`;
  const detail = { violations: [{ path: "folder", message }] };
  return new MusterError({ code: "CONFIG_INVALID", source, subject: folder, message, detail, cause });
}

/** What the operating system calls it: `ENOENT`. */
export function systemCode(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

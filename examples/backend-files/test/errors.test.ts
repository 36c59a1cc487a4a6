import { MusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { fileError, folderError } from "../src/errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something with a file`), { code });
}

test.each([
  ["EACCES", "PERMISSION_DENIED", false],
  ["EPERM", "PERMISSION_DENIED", false],
  ["EROFS", "PERMISSION_DENIED", false],
  ["EMFILE", "RATE_LIMITED", true],
  ["ENFILE", "RATE_LIMITED", true],
  ["ENOSPC", "UNAVAILABLE", true],
  ["EDQUOT", "UNAVAILABLE", true],
  ["EIO", "UNAVAILABLE", true],
  ["ENOENT", "UNAVAILABLE", true],
  ["EISDIR", "INTERNAL", false],
])("%s is %s, and worth another try: %s", (system, code, retryable) => {
  const cause = systemError(system);
  expect(fileError(cause, "files.setMany", true)).toMatchObject({
    code,
    retryable,
    mayHaveApplied: true,
    source: "files.setMany",
    message: `[${code}] files.setMany: ${system}: something with a file`,
    cause,
  });
});

test.each(["ENOTDIR", "ENAMETOOLONG", "ELOOP"])(
  "a folder that %s says can't be one is a mistake in the options",
  (code) => {
    expect(folderError(systemError(code), "here")).toMatchObject({
      code: "CONFIG_INVALID",
      subject: "here",
      detail: { violations: [{ path: "folder" }] },
    });
  },
);

test("a folder that is missing may be there later", () => {
  expect(folderError(systemError("ENOENT"), "here")).toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: false });
});

test("an error that is coded already stays as it is", () => {
  const error = new MusterError({ code: "FENCED", source: "here", message: "so it is" });
  expect(fileError(error, "files.setMany", true)).toBe(error);
  expect(folderError(error, "here")).toBe(error);
});

test("what is thrown need not be an error", () => {
  expect(fileError("a string", "files.scan", false)).toMatchObject({ code: "INTERNAL", cause: "a string" });
});

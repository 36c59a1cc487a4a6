import { isMusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { checkServer } from "../../src/connection/server-facts.ts";

/** Version number and version, standby, read-only, encoding, isolation. */
const GOOD = ["150018", "15.18", "f", "off", "UTF8", "read committed"] as const;

function outcome(changes: readonly (readonly [index: number, value: string])[]): string {
  const facts: string[] = [...GOOD];
  for (const [index, value] of changes) facts[index] = value;
  try {
    return checkServer(facts);
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.code;
  }
}

test.each([
  ["one as it should be", [], "15.18"],
  ["the oldest there may be", [[0, "140000"]], "15.18"],
  ["one that is too old", [[0, "130021"]], "UNSUPPORTED"],
  ["a standby", [[2, "t"]], "UNAVAILABLE"],
  ["one that is read-only", [[3, "on"]], "UNAVAILABLE"],
  ["another encoding", [[4, "SQL_ASCII"]], "CONFIG_INVALID"],
  ["another isolation", [[5, "serializable"]], "CONFIG_INVALID"],
] as const)("%s", (_, changes, expected) => expect(outcome(changes)).toBe(expected));

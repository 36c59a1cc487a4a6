import { isMusterError } from "@muster/core/slots";
import { expect, test } from "vitest";
import { checkedVersion, isReplica, type Topology } from "../../src/connection/server-facts.ts";

function info(facts: Readonly<Record<string, string>> = {}): string {
  const all = { redis_version: "7.0.15", loading: "0", role: "master", cluster_enabled: "0", ...facts };
  return `# Server\r\n${Object.entries(all)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join("")}`;
}

function codeOf(text: string, topology: Topology = "standalone"): string {
  try {
    return checkedVersion(text, topology);
  } catch (error) {
    return isMusterError(error) ? error.code : String(error);
  }
}

test.each(["7.0.0", "7.0.15", "7.2.4", "8.0.1", "10.0.0"])("version %s will do", (version) => {
  expect(codeOf(info({ redis_version: version }))).toBe(version);
});

test.each(["6.2.14", "5.0.0", "2.8.0", ""])("version %j is too old", (version) => {
  expect(codeOf(info({ redis_version: version }))).toBe("UNSUPPORTED");
});

test("a replica and a server that is loading can't be used now", () => {
  expect(codeOf(info({ role: "slave" }))).toBe("UNAVAILABLE");
  expect(codeOf(info({ loading: "1" }))).toBe("UNAVAILABLE");
  expect([isReplica(info({ role: "slave" })), isReplica(info())]).toEqual([true, false]);
});

test("part of a cluster or not must be as the options say", () => {
  expect(codeOf(info({ cluster_enabled: "1" }), "cluster")).toBe("7.0.15");
  expect(codeOf(info({ cluster_enabled: "1" }), "standalone")).toBe("CONFIG_INVALID");
  expect(codeOf(info({ cluster_enabled: "0" }), "cluster")).toBe("CONFIG_INVALID");
});

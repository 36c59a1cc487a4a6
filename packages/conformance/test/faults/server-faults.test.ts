import { assert, beforeEach, describe, test } from "vitest";
import { type ServerControl, serverFaults, type ServerFaultsOptions } from "../../src/faults/index.ts";
import type { ServerFaults } from "../../src/subject.ts";
import { usingLine } from "./line.ts";

const lines = [usingLine(), usingLine()];
let done: string[];
let faults: ServerFaults;

/** A node that notes what is done to it. */
function node(name: string): ServerControl {
  const note = async (what: string): Promise<void> => void done.push(`${name} ${what}`);
  return {
    freeze: async () => note("freezes"),
    thaw: async () => note("thaws"),
    restart: async () => note("restarts"),
  };
}

function faultsWith(options: Omit<ServerFaultsOptions, "proxies">): ServerFaults {
  return serverFaults({ proxies: lines.map(({ proxy }) => proxy), ...options });
}

beforeEach(() => {
  done = [];
  const untilServing = async (): Promise<void> => void done.push("they serve");
  faults = faultsWith({ controls: [node("one"), node("two")], untilServing, keepsData: true });
});

describe("a server with two nodes", () => {
  test("loses every line, and has them back when it serves", async () => {
    await faults.cut();
    for (const line of lines) await line.client().expectReset();
    await faults.heal();
    assert.deepEqual(done, ["one thaws", "two thaws", "they serve"]);
    for (const line of lines) await line.connected();
  });

  test("loses its answers on every line", async () => {
    const clients = await Promise.all(lines.map(async (line) => line.connected()));
    await faults.dropReplies?.();
    for (const client of clients) client.send("!");
    for (const line of lines) await line.roundTrips();
    assert.deepEqual(
      lines.map(({ server }) => server.received.includes("!")),
      [true, true],
    );
    assert.deepEqual(
      clients.map(({ got }) => got),
      ["", ""],
    );
  });

  test("is frozen and killed as a whole, and is back when it serves", async () => {
    await faults.freeze?.();
    assert.deepEqual(done.splice(0), ["one freezes", "two freezes"]);
    await faults.thaw?.();
    assert.deepEqual(done.splice(0), ["one thaws", "two thaws", "they serve"]);
    await faults.restart?.();
    assert.deepEqual(done, ["one restarts", "two restarts", "they serve"]);
    assert.isTrue(faults.keepsData);
  });
});

test("a server that partly belongs to somebody else is neither frozen nor restarted, and claims no data over that", () => {
  const partly = faultsWith({ controls: [node("one"), undefined], keepsData: true });
  assert.sameMembers(Object.keys(partly), ["cut", "dropReplies", "heal"]);
});

test("where nothing else is said, some of the data may be gone", () => {
  assert.isFalse(faultsWith({ controls: [node("one"), node("two")] }).keepsData);
});

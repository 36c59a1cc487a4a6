import { fileURLToPath } from "node:url";
import type { Server } from "@muster/servers";
import { withServer } from "@muster/servers/vitest";
import { Processes } from "@muster/testing/processes";
import { eventually } from "@muster/testing";
import { message, publish } from "@muster/testing/messaging";
import { assert, describe, test } from "vitest";
import type { ListeningProcess } from "./listening-process.ts";
import { opened } from "./support.ts";

const PROCESSES = 4;
const IDENTITIES = 10_000;
/** As many as a fleet hands over at once. */
const BATCH = 2_500;
const LISTENING = fileURLToPath(new URL("listening-process.ts", import.meta.url));

type Listening = Pick<ListeningProcess, "count">;

interface Footprint {
  readonly connections: number;
  readonly channels: number;
  readonly queues: number;
  readonly bindings: number;
}

async function footprintOf({ control }: Server, prefix: string): Promise<Footprint> {
  const list = async (...args: readonly string[]): Promise<readonly string[]> => {
    const text = await control?.administer(["rabbitmqctl", "-q", "--no-table-headers", ...args]);
    return (text ?? "").split("\n").filter(Boolean);
  };
  const isOurs = (line: string): boolean => line.startsWith(`${prefix}.iot`);
  return {
    connections: (await list("list_connections", "pid")).length,
    channels: (await list("list_channels", "pid")).length,
    queues: (await list("list_queues", "name")).filter(isOurs).length,
    bindings: (await list("list_bindings", "source_name")).filter(isOurs).length,
  };
}

/** Of processes that listen on so many addresses each, and have got a message on every one of them. */
async function footprintWith(server: Server, prefix: string, addressesEach: number): Promise<Footprint> {
  const { url } = server;
  const shares = Array.from({ length: PROCESSES }, (_, process) =>
    Array.from({ length: addressesEach }, (__, index) => `sensor-${process}-${index}`),
  );
  const each = shares.map((share) => [url, prefix, ...share]);
  await using processes = await Processes.start<Listening>(LISTENING, each);
  const footprint = await footprintOf(server, prefix);
  await using sender = await opened({ url, prefix });
  for (const share of shares) {
    for (let sent = 0; sent < share.length; sent += BATCH) {
      await publish(sender, ...share.slice(sent, sent + BATCH).map((address) => message(address, address)));
    }
  }
  const counts = async (): Promise<readonly number[]> => Promise.all(processes.all.map((one) => one.ask("count")));
  await eventually(async () =>
    assert.deepEqual(
      await counts(),
      shares.map(({ length }) => length),
    ),
  );
  return footprint;
}

await withServer("rabbitmq", {}, (server) => {
  describe.skipIf(server.control === undefined)("10,000 identities in four processes", { timeout: 120_000 }, () => {
    const everywhere = { connections: 2 * PROCESSES, channels: 10 * PROCESSES, queues: PROCESSES };

    test("are a binding each, and one for each process, when each has an address of its own", async () => {
      assert.deepEqual(await footprintWith(server, "identities", IDENTITIES / PROCESSES), {
        ...everywhere,
        bindings: IDENTITIES + PROCESSES,
      });
    });

    test("are two bindings for each process when they are at its address", async () => {
      assert.deepEqual(await footprintWith(server, "nodes", 1), { ...everywhere, bindings: 2 * PROCESSES });
    });
  });
});

/** A process that serves queues and stands still until the server has given it up, and somebody else has taken over. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RemoteProcess } from "@muster/servers/remote";
import { withServer } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { Process } from "./support.ts";
import type { WorkingProcess } from "./working-process.ts";

const HEARTBEAT_MS = 1_000;
const WORKING = fileURLToPath(new URL("working-process.ts", import.meta.url));

type Working = Pick<
  WorkingProcess,
  "acknowledge" | "attach" | "heard" | "listen" | "listenAndBeBusy" | "started" | "take"
>;

/** How a process stands still, and goes on. */
interface Standstill extends AsyncDisposable {
  /** While it waits for something, with what it gives back a moment before. */
  begin(process: RemoteProcess<Working>, receipt: string): Promise<void>;
  end(process: RemoteProcess<Working>): Promise<void>;
}

function frozen(): Standstill {
  return {
    begin: async (process, receipt) => {
      await process.ask("listen", receipt, 1_000);
      process.freeze();
    },
    end: async (process) => process.thaw(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Then it sees what has become due before it sees what the server has said. */
async function busy(): Promise<Standstill> {
  const folder = await mkdtemp(join(tmpdir(), "muster-busy-"));
  const until = join(folder, "until");
  return {
    begin: async (process, receipt) => process.ask("listenAndBeBusy", receipt, 100, until),
    end: async () => writeFile(until, ""),
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true }),
  };
}

await withServer("rabbitmq", {}, ({ url }) => {
  describe("a process that stands still for longer than its heartbeat", { timeout: 120_000 }, () => {
    test.each([
      ["frozen", frozen],
      ["busy", busy],
    ])(
      "loses nothing, and what its successor has it neither acknowledges nor starts when it goes on: %s",
      async (prefix, make) => {
        await using standstill = await make();
        await using former = await RemoteProcess.start<Working>(WORKING, [url, prefix, "f", String(HEARTBEAT_MS)]);
        await using next = await Process.start("n", { url, prefix });
        await former.ask("attach", ["a", "b"], 1);
        const started: string[] = [];
        const take = async (id: string): Promise<string> => {
          await next.enqueue(id, ["a"], "f");
          const one = await former.ask("take");
          assert.equal(one.id, id);
          started.push(`${id} for a`);
          return one.receipt;
        };
        assert.deepEqual(await former.ask("acknowledge", await take("acknowledged")), []);
        const held = await take("held");
        await standstill.begin(former, await take("put off"));
        await next.enqueue("during", ["a", "b"], "f");

        await next.attach(["a", "b"], 2);
        const left = ["held for a", "put off for a", "during for a", "during for b"];
        await next.expect(left, 60_000);
        await standstill.end(former);

        const settled = await former.ask("acknowledge", held).catch(() => ["it failed"]);
        assert.lengthOf(settled, 1, "what the other has acknowledged");
        assert.match(await former.ask("heard"), /^it failed/);
        assert.deepEqual(await former.ask("started"), started);
        await eventually(() => former.ask("attach", ["c"], 1));
        await next.enqueue("back", ["c"], "f");
        const { id } = await eventually(() => former.ask("take"));
        assert.equal(id, "back");
        await next.enqueue("after", ["a"], "n");
        await next.expect([...left, "after for a"]);
        assert.deepEqual(await former.ask("started"), [...started, "back for c"]);
      },
    );
  });
});

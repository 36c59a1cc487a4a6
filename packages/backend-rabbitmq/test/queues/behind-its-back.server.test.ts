/** What an operator deletes or closes while processes are using it. */

import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { Foreigner } from "../foreign.ts";
import { callOf, eventually } from "@muster/testing";
import { connections, type Handed, Process, rabbitmqctl } from "./support.ts";

function one(handed: readonly Handed[], id: string): Handed {
  const found = handed.find((some) => some.id === id);
  assert.ok(found !== undefined, `${id} has not come`);
  return found;
}

async function settle(
  { backend }: Process,
  { receipt }: Handed,
  as: "ack" | "dead" | "retry",
  delayMs = 0,
): Promise<void> {
  using call = callOf();
  const why = { code: "DEAD_LETTERED", reason: "for good" } as const;
  const settlement =
    as === "dead" ? { receipt, as, ...why } : as === "retry" ? { receipt, as, delayMs } : { receipt, as };
  assert.deepEqual(await backend.settleMany([settlement], call), []);
}

await withServer("rabbitmq", {}, (server) => {
  const { url, control } = server;

  describe.skipIf(control === undefined)(
    "what is deleted or closed behind the back of queues",
    { timeout: 120_000 },
    () => {
      test("a queue of a process that was deleted is made anew, and so are the others", async () => {
        await using receiver = await Process.start("r", { url, prefix: "deleted" });
        await receiver.attach(["a"]);
        const list = async (): Promise<readonly string[]> =>
          (await rabbitmqctl(server, "list_queues", "name")).split("\n").filter((name) => name.startsWith("deleted."));
        const queues = await list();
        for (const kind of ["of", "strays", "parked", "ledger", "dead"])
          for (const queue of queues.filter((name) => name.startsWith(`deleted.iot.${kind}`))) {
            await rabbitmqctl(server, "delete_queue", queue);
            await eventually(async () => assert.lengthOf(await list(), queues.length));
            const [known, unknown] = [`known-${queue}`, `unknown-${queue}`];
            await eventually(() => receiver.enqueue(known, ["a"], "r"));
            await eventually(() => receiver.enqueue(unknown, ["a"]));
            receiver.handed.length = 0;
            await eventually(async () => {
              const more = await receiver.take();
              receiver.handed.push(...more);
              await receiver.settle(more);
              assert.includeMembers(receiver.pairs, [`${known} for a`, `${unknown} for a`]);
            });
          }
      });

      test("exchanges that were deleted are there again, with their bindings", async () => {
        await using receiver = await Process.start("r", { url, prefix: "gone" });
        await receiver.attach(["a"]);
        await using foreign = await Foreigner.at(url);
        const before = await connections(server);
        for (const exchange of ["in", "lost", "own", "bell", "stands"]) {
          await foreign.channel.deleteExchange(`gone.iot.${exchange}`);
          await eventually(() => receiver.enqueue(`behind-${exchange}`, ["a"], "r"));
          receiver.handed.length = 0;
          await eventually(async () => {
            const more = await receiver.take();
            receiver.handed.push(...more);
            await receiver.settle(more);
            assert.include(receiver.pairs, `behind-${exchange} for a`);
          }, 20_000);
        }
        assert.deepEqual(await connections(server), before, "no more than channels were closed over it");
      });

      test("connections that an operator has closed are made again: no receipt counts, and nothing that was acknowledged comes again", async () => {
        await using receiver = await Process.start("r", { url, prefix: "connections" });
        await receiver.attach(["a", "b"]);
        await receiver.enqueue("m", ["a", "b"], "r");
        const held = await eventually(async () => {
          const some = await receiver.take();
          assert.lengthOf(some, 2);
          return some;
        });
        const [first, second] = held;
        assert.ok(first !== undefined && second !== undefined);
        await receiver.settle([first]);
        await rabbitmqctl(server, "close_all_connections", "maintenance");
        await eventually(async () => {
          const [again] = await receiver.take();
          assert.deepEqual([again?.identity, again?.attempt], [second.identity, 2]);
        });
        using call = callOf();
        const failures = await receiver.backend.settleMany([{ receipt: second.receipt, as: "ack" }], call);
        assert.deepEqual(
          failures.map(({ error }) => error.code),
          ["FENCED"],
        );
        assert.deepEqual(await receiver.backend.settleMany([{ receipt: first.receipt, as: "ack" }], call), []);
        await eventually(() => receiver.enqueue("behind", ["a", "b"], "r"));
        await receiver.expect(["behind for a", "behind for b"]);
      });

      test("a queue or an exchange of delays that was deleted costs no retry, and comes again", async () => {
        await using receiver = await Process.start("r", { url, prefix: "delays" });
        await receiver.attach(["a"]);
        await using foreign = await Foreigner.at(url);
        const retried = async (id: string): Promise<void> => {
          await eventually(() => receiver.enqueue(id, ["a"], "r"));
          // What was asked of a channel that the server closes meanwhile comes again.
          await eventually(async () => settle(receiver, one(await receiver.take(), id), "retry", 1_500));
          await eventually(async () => settle(receiver, one(await receiver.take(), id), "ack"));
        };
        const made = async (): Promise<void> => void (await foreign.channel.checkQueue("delays.iot.delay.2048"));
        await retried("before");
        await made();
        await foreign.channel.deleteQueue("delays.iot.delay.2048");
        await retried("without its queue");
        await retried("with another");
        await made();
        await foreign.channel.deleteExchange("delays.iot.delay.2048");
        await retried("without its exchange");
        await retried("with another exchange");
        await made();
      });

      test("a dead letter is not lost when the queue of the dead was deleted", async () => {
        await using receiver = await Process.start("r", { url, prefix: "burial" });
        await receiver.attach(["a"]);
        await receiver.enqueue("m", ["a"], "r");
        const handed = [await eventually(async () => one(await receiver.take(), "m"))];
        await using foreign = await Foreigner.at(url);
        await foreign.channel.deleteQueue("burial.iot.dead");
        await eventually(async () => {
          // It may be held still, or have been given back and handed out again.
          await Promise.allSettled(handed.map(async (held) => settle(receiver, held, "dead")));
          handed.push(...(await receiver.take()));
          const letter = await foreign.channel.get("burial.iot.dead", { noAck: true });
          assert.ok(letter !== false);
        }, 60_000);
      });
    },
  );
});

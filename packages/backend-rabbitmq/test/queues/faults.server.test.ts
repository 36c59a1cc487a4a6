import { setTimeout as wait } from "node:timers/promises";
import { withServer } from "@muster/servers/vitest";
import { assert, describe, test } from "vitest";
import { Foreigner } from "../foreign.ts";
import { callOf, eventually, rejection } from "../support.ts";
import { durable, Process, rabbitmqctl } from "./support.ts";

const UNHURRIED = { timeout: 120_000 };

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

await withServer("rabbitmq", {}, (server) => {
  const { url, control } = server;

  describe.skipIf(control === undefined)("a server that ends, or loses what it had", UNHURRIED, () => {
    test("what was accepted is there after kill -9, what was acknowledged is not", async () => {
      await using sender = await Process.start("s", { url, prefix: "killed" });
      await using receiver = await Process.start("r", { url, prefix: "killed" });
      await receiver.attach(["a", "b"]);
      for (const id of numbered("m", 20)) await sender.enqueue(id, ["a", "b"], "r");
      await sender.enqueue("offline", ["c", "d"]);
      const early: string[] = [];
      await eventually(async () => {
        const some = await receiver.take(10 - early.length);
        await receiver.settle(some);
        early.push(...some.map(({ id, identity }) => `${id} for ${identity}`));
        assert.lengthOf(early, 10);
      });
      await control?.restart();
      const all = numbered("m", 20).flatMap((id) => [`${id} for a`, `${id} for b`]);
      const left = all.filter((pair) => !early.includes(pair));
      await receiver.expect(left, 60_000);
      await eventually(() => receiver.attach(["c", "d"]));
      await receiver.expect([...left, "offline for c", "offline for d"]);
      await eventually(() => sender.enqueue("after", ["a"], "r"));
      await receiver.expect([...left, "offline for c", "offline for d", "after for a"]);
    });

    test("a server that is killed over and over while messages are enqueued loses none that it accepted", async () => {
      await using sender = await Process.start("s", { url, prefix: "again" });
      await using receiver = await Process.start("r", { url, prefix: "again" });
      await receiver.attach(["a"]);
      const accepted: string[] = [];
      let isOver = false;
      const sending = (async () => {
        for (let count = 0; !isOver; count += 1) {
          try {
            await sender.enqueue(`m-${count}`, ["a"], count % 3 === 0 ? undefined : "r");
            accepted.push(`m-${count} for a`);
          } catch {
            await wait(10); // Not accepted, as far as it knows.
          }
        }
      })();
      for (const already of [50, 100, 150]) {
        await eventually(() => assert.isAtLeast(accepted.length, already), 60_000);
        await control?.restart();
      }
      isOver = true;
      await sending;
      await eventually(async () => {
        const more = await receiver.take();
        receiver.handed.push(...more);
        await receiver.settle(more);
        const come = new Set(receiver.pairs);
        assert.deepEqual(
          accepted.filter((pair) => !come.has(pair)),
          [],
        );
      }, 60_000);
    });

    test("a queue of a process that was deleted is made anew, and so are the others", async () => {
      await using receiver = await Process.start("r", { url, prefix: "deleted" });
      await receiver.attach(["a"]);
      const list = async (): Promise<readonly string[]> =>
        (await rabbitmqctl(server, "list_queues", "name")).split("\n").filter((name) => name.startsWith("deleted."));
      const queues = await list();
      for (const kind of ["of", "strays", "parked", "ledger"])
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
      for (const exchange of ["in", "lost", "own", "bell"]) {
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
    });

    test("a channel that the server has closed is made anew: no receipt of it counts, and nothing that was acknowledged comes again", async () => {
      await using receiver = await Process.start("r", { url, prefix: "channels" });
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
    });

    test("what is held for longer than the server allows comes again, and what follows goes on", async () => {
      await rabbitmqctl(server, "eval", "application:set_env(rabbit, consumer_timeout, 1000).");
      try {
        await using receiver = await Process.start("r", { url, prefix: "timeouts" });
        await receiver.attach(["a", "b"]);
        await receiver.enqueue("m", ["a"], "r");
        const held = await eventually(async () => {
          const [one] = await receiver.take();
          assert.ok(one !== undefined);
          return one;
        });
        await eventually(async () => {
          const [again] = await receiver.take();
          assert.isAbove(again?.attempt ?? 0, held.attempt);
          await receiver.settle(again === undefined ? [] : [again]);
        }, 90_000);
        await receiver.enqueue("n", ["b"], "r");
        await receiver.expect(["n for b"]);
      } finally {
        await rabbitmqctl(server, "eval", "application:set_env(rabbit, consumer_timeout, 1800000).");
      }
    });

    test("a server that is short of memory holds enqueueing back, and what is queued is handed out and settled", async () => {
      const limit = (bytes: string): Promise<string> =>
        rabbitmqctl(server, "set_vm_memory_high_watermark", "absolute", bytes);
      await using sender = await Process.start("s", { url, prefix: "memory" });
      await using receiver = await Process.start("r", { url, prefix: "memory" });
      await receiver.attach(["a"]);
      for (const id of numbered("m", 200)) await sender.enqueue(id, ["a"], "r");
      await limit("1MB");
      try {
        await eventually(async () => {
          using call = callOf(300);
          const targets = [{ identity: "a", epoch: 1, session: "r" }];
          const message = durable("waits");
          await rejection(sender.backend.enqueueMany(message, targets, { ttlMs: 1_000 }, call), "TIMEOUT");
        });
        await eventually(async () => {
          const more = await receiver.take();
          receiver.handed.push(...more);
          await receiver.settle(more);
          assert.isAtLeast(receiver.handed.length, 200);
        });
      } finally {
        await limit("512MB");
      }
      await sender.enqueue("after", ["a"], "r");
      await eventually(async () => {
        receiver.handed.push(...(await receiver.take()));
        assert.include(receiver.pairs, "after for a");
      });
    });
  });
});

import { setTimeout as wait } from "node:timers/promises";
import { withServer } from "@muster/servers/vitest";
import { callOf, eventually, rejection } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { connections, durable, Process, rabbitmqctl } from "./support.ts";

const UNHURRIED = { timeout: 120_000 };

function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

await withServer("rabbitmq", {}, (server) => {
  const { url, control } = server;

  describe.skipIf(control === undefined)("a server that ends, or falls short", UNHURRIED, () => {
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

    test("what is held for longer than the server allows comes again, what was acknowledged does not, and what follows goes on", async () => {
      await rabbitmqctl(server, "eval", "application:set_env(rabbit, consumer_timeout, 1000).");
      try {
        await using receiver = await Process.start("r", { url, prefix: "timeouts" });
        await receiver.attach(["a", "b"]);
        await receiver.enqueue("m", ["a", "b"], "r");
        const held = await eventually(async () => {
          const both = await receiver.take();
          assert.lengthOf(both, 2);
          return both;
        });
        await receiver.settle(held.filter(({ identity }) => identity === "b"));
        const before = await connections(server);
        const again = await eventually(async () => {
          const all = await receiver.take();
          assert.lengthOf(all, 1);
          return all;
        }, 90_000);
        const [first, second] = [held.find(({ identity }) => identity === "a"), again[0]];
        assert.deepEqual([second?.identity, second?.attempt], ["a", 2]);
        using call = callOf();
        const late = { receipt: first?.receipt ?? "", as: "ack" } as const;
        const failures = await receiver.backend.settleMany([late], call);
        assert.deepEqual(
          failures.map(({ error }) => error.code),
          ["FENCED"],
        );
        await receiver.settle(again);
        assert.deepEqual(await connections(server), before, "no more than a channel was closed");
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

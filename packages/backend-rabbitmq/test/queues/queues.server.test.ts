import { withServer } from "@muster/servers/vitest";
import { callOf, eventually } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { decodeFrame } from "../../src/queues/frames.ts";
import { Foreigner } from "../foreign.ts";
import { type Handed, Process, rabbitmqctl } from "./support.ts";

const UNHURRIED = { timeout: 120_000 };

async function handedOne(process: Process): Promise<Handed> {
  return eventually(async () => {
    const [one] = await process.take(1);
    assert.ok(one !== undefined);
    return one;
  });
}

await withServer("rabbitmq", {}, (server) => {
  const { url } = server;

  describe("queues on RabbitMQ", UNHURRIED, () => {
    test("a poisoned message ends among the dead, and holds up no other identity", async () => {
      await using process = await Process.start("s", { url, prefix: "poison" });
      await process.attach(["poisoned", "well"]);
      await process.enqueue("poison", ["poisoned"], "s");
      for (let attempt = 1; attempt < 5; attempt += 1) {
        const one = await handedOne(process);
        assert.deepEqual([one.id, one.attempt], ["poison", attempt]);
        await process.settle([one], "retry");
        await process.enqueue(`m-${attempt}`, ["well"], "s");
        const other = await eventually(async () => {
          const all = await process.take();
          const found = all.find(({ identity }) => identity === "well");
          await process.settle(
            all.filter(({ identity }) => identity !== "well"),
            "release",
          );
          assert.ok(found !== undefined);
          return found;
        });
        await process.settle([other]);
      }
      using call = callOf();
      const { receipt } = await handedOne(process);
      const dead = { receipt, as: "dead", code: "DEAD_LETTERED", reason: "tried 5 times" } as const;
      assert.deepEqual(await process.backend.settleMany([dead], call), []);
      assert.deepEqual(await process.take(), []);
      await using foreign = await Foreigner.at(url);
      const letter = await foreign.channel.get("poison.iot.dead", { noAck: true });
      assert.ok(letter !== false);
      const frame = decodeFrame(letter.content);
      assert.deepEqual(frame?.recipients, [{ identity: "poisoned", epoch: 1, attempts: 5 }]);
      assert.deepEqual([frame?.death?.code, frame?.death?.reason], ["DEAD_LETTERED", "tried 5 times"]);
      assert.equal(Buffer.from(frame?.message.payload ?? "").toString(), "text of poison");
    });

    test("a backlog of one that is slow leaves room for those behind it", async () => {
      await using process = await Process.start("s", { url, prefix: "slow" });
      await process.attach(["slow", "quick"]);
      for (let count = 0; count < 300; count += 1) await process.enqueue(`m-${count}`, ["slow"], "s");
      const held: Handed[] = [];
      await eventually(async () => {
        held.push(...(await process.take(16 - held.length, 16)));
        assert.lengthOf(held, 16);
      });
      await process.enqueue("n", ["quick"], "s");
      await eventually(async () => {
        const some = await process.take(40, 16);
        held.push(...some.filter(({ identity }) => identity === "slow"));
        assert.lengthOf(held, 16, "of the slow one");
        assert.ok(
          some.some(({ identity }) => identity === "quick"),
          "behind 300 of the slow one's",
        );
      });
    });

    test("what is nobody's frame ends among the dead, from whichever queue", async () => {
      await using process = await Process.start("s", { url, prefix: "foreign" });
      await process.attach(["a"]);
      await using foreign = await Foreigner.at(url);
      for (const key of ["s", "nobody"]) foreign.channel.publish("foreign.iot.in", key, Buffer.from(`for ${key}`));
      foreign.channel.publish("foreign.iot.own", "foreign.iot.parked.0", Buffer.from("parked"));
      await eventually(async () =>
        assert.equal((await foreign.channel.checkQueue("foreign.iot.parked.0")).messageCount, 1),
      );
      await process.attach(
        Array.from({ length: 40 }, (_, index) => `any-${index}`),
        2,
      );
      const seen: string[] = [];
      await eventually(async () => {
        const letter = await foreign.channel.get("foreign.iot.dead", { noAck: true });
        if (letter !== false) seen.push(letter.content.toString());
        assert.sameMembers(seen, ["for s", "for nobody", "parked"]);
      });
    });

    test("retries come back through queues of powers of two, of which there are as many as there are delays", async () => {
      await using process = await Process.start("s", { url, prefix: "delays" });
      await process.attach(["a", "b"]);
      const delays = [1_100, 1_500, 1_900, 2_000];
      for (const round of ["first", "second"]) {
        for (const delayMs of delays) await process.enqueue(`${round}-${delayMs}`, ["a"], "s");
        const held: Handed[] = [];
        await eventually(async () => {
          held.push(...(await process.take()));
          assert.lengthOf(held, delays.length);
        });
        const start = performance.now();
        using call = callOf();
        const settlements = held.map(({ id, receipt }) => {
          const delayMs = Number(id.split("-")[1]);
          return { receipt, as: "retry", delayMs } as const;
        });
        assert.deepEqual(await process.backend.settleMany(settlements, call), []);
        const again: Handed[] = [];
        await eventually(async () => {
          for (const one of await process.take()) {
            const delayMs = Number(one.id.split("-")[1]);
            assert.isAtLeast(performance.now() - start, delayMs - 5, one.id);
            assert.equal(one.attempt, 2);
            again.push(one);
          }
          assert.lengthOf(again, delays.length);
        });
        await process.settle(again);
      }
      await using foreign = await Foreigner.at(url);
      await foreign.channel.checkQueue("delays.iot.delay.2048");
    });

    test("who moves takes its backlog along: what was queued, what was leased, and what comes to where it was", async () => {
      await using former = await Process.start("former", { url, prefix: "moves" });
      await using next = await Process.start("next", { url, prefix: "moves" });
      await former.attach(["a", "b"]);
      for (const id of ["1", "2", "3"]) await former.enqueue(id, ["a", "b"], "former");
      const leased = await handedOne(former);
      await next.attach(["a"], 2);
      await former.enqueue("4", ["a"], "former");
      await former.enqueue("5", ["a"], "nobody's");
      const expected = ["1", "2", "3", "4", "5"].map((id) => `${id} for a`);
      await next.expect(expected);
      if (leased.identity === "b") await former.settle([leased], "release");
      await former.expect(["1 for b", "2 for b", "3 for b"]);
    });

    test.skipIf(server.control === undefined)(
      "a process that closes takes its queue away, and leaves nothing in the ledger",
      async () => {
        const { backend } = await Process.start("s", { url, prefix: "closed" });
        using call = callOf();
        await backend.attachMany("s", [{ identity: "a", epoch: 1, session: "s" }], call);
        await backend.close();
        await using other = await Process.start("o", { url, prefix: "closed" });
        await other.backend.sweep({ limit: 1 }, call);
        const queues = await rabbitmqctl(server, "list_queues", "name", "messages");
        const ours = queues.split("\n").filter((line) => line.startsWith("closed.iot.of."));
        assert.lengthOf(ours, 1, "the other's");
        await eventually(async () => {
          const lines = (await rabbitmqctl(server, "list_queues", "name", "messages")).split("\n");
          assert.include(lines, "closed.iot.ledger\t1");
        });
      },
    );

    test.skipIf(server.control === undefined)(
      "10,000 identities in 4 processes have no queue, binding, channel or connection of their own",
      async () => {
        const list = async (what: string, ...columns: readonly string[]): Promise<readonly string[]> => {
          const lines = await rabbitmqctl(server, what, ...columns);
          return lines.split("\n").filter((line) => /^[<\w]/.test(line) && line !== columns.join("\t"));
        };
        const count = async (): Promise<readonly number[]> => {
          const queues = (await list("list_queues", "name")).filter((line) => line.startsWith("many."));
          const bindings = await list("list_bindings", "source_name", "destination_name");
          const own = bindings.filter((line) => line.startsWith("many."));
          return [queues.length, own.length];
        };
        await using one = await Process.start("s-0", { url, prefix: "many" });
        await using two = await Process.start("s-1", { url, prefix: "many" });
        await using three = await Process.start("s-2", { url, prefix: "many" });
        await using four = await Process.start("s-3", { url, prefix: "many" });
        const all = [one, two, three, four];
        for (const process of all) await process.attach([`first-${process.session}`]);
        const before = await count();
        for (const process of all)
          for (let start = 0; start < 2_500; start += 500)
            await process.attach(Array.from({ length: 500 }, (_, index) => `${process.session}-${start + index}`));
        assert.deepEqual(await count(), before);
        assert.deepEqual(before, [11, 19]);
        await eventually(async () => {
          const channels = (await list("list_channels", "pid")).length;
          const connections = (await list("list_connections", "pid")).length;
          assert.deepEqual([channels, connections], [8, 8]);
        });
      },
    );
  });
});

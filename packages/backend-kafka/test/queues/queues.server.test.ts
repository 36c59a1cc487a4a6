import { withServer } from "@muster/servers/vitest";
import { callOf, eventually } from "@muster/testing";
import { ack, take } from "@muster/testing/durability";
import { assert, describe, test } from "vitest";
import { topicOf } from "../../src/keys.ts";
import { Foreigner } from "../foreign.ts";
import { attached, enqueued, numbered, openedQueues, openedSpace } from "./support.ts";

const UNHURRIED = { timeout: 60_000 };
const DEAD = { as: "dead", code: "DEAD_LETTERED", reason: "tried too often" } as const;
const MANY = 1_000;

await withServer("kafka", {}, ({ url }) => {
  describe("queues in a log", UNHURRIED, () => {
    test("who was away gets exactly what it has missed, in order, from another process", async () => {
      const options = { url, prefix: "away" };
      await using sender = await openedQueues(options);
      const first = await openedQueues(options);
      await attached(first, "s", ["a", "b"]);
      await enqueued(sender, "before", ["a", "b"]);
      const seen = await eventually(async () => {
        const handed = await take(first, "s");
        assert.lengthOf(handed, 2);
        return handed;
      });
      assert.deepEqual(await ack(first, seen), []);
      await first.close();
      for (const id of numbered("missed-", MANY)) await enqueued(sender, id, ["a", "other"]);
      await using second = await openedQueues(options);
      await attached(second, "t", ["a", "b"], 2);
      const come: string[] = [];
      await eventually(async () => {
        const handed = await take(second, "t");
        come.push(...handed.map(({ id, identity }) => `${id} for ${identity}`));
        assert.deepEqual(await ack(second, handed), []);
        assert.lengthOf(come, MANY);
      }, 30_000);
      assert.deepEqual(
        come,
        numbered("missed-", MANY).map((id) => `${id} for a`),
      );
    });

    test("what kills one process after the other is counted, holds up its own identity alone, and can end as a dead letter", async () => {
      const options = { url, prefix: "poison" };
      await using sender = await openedQueues(options);
      await enqueued(sender, "poison", ["a"]);
      for (const id of ["1", "2"]) await enqueued(sender, id, ["a", "b"]);
      const others: string[] = [];
      for (const attempt of [1, 2, 3]) {
        const victim = await openedQueues(options);
        await attached(victim, "s", ["a", "b"], attempt);
        const handed = await eventually(async () => {
          const some = await take(victim, "s", { maxPerIdentity: 1 });
          assert.include(
            some.map(({ id }) => id),
            "poison",
          );
          return some;
        });
        const [poison] = handed.filter(({ id }) => id === "poison");
        assert.equal(poison?.attempt, attempt);
        const rest = handed.filter(({ id }) => id !== "poison");
        others.push(...rest.map(({ id, identity }) => `${id} for ${identity}`));
        assert.deepEqual(await ack(victim, rest), []);
        await victim.close(); // Without a word about the poison.
      }
      assert.deepEqual(others, ["1 for b", "2 for b"]);
      await using last = await openedQueues(options);
      await attached(last, "s", ["a", "b"], 4);
      using call = callOf();
      const poison = await eventually(async () => {
        const [one] = await take(last, "s", { max: 1 });
        return one ?? assert.fail("it is handed out again");
      });
      assert.equal(poison.attempt, 4);
      assert.deepEqual(await last.settleMany([{ receipt: poison.receipt, ...DEAD }], call), []);
      const rest = await eventually(async () => {
        const handed = await take(last, "s");
        assert.deepEqual(
          handed.map(({ id }) => id),
          ["1", "2"],
        );
        return handed;
      });
      assert.deepEqual(await ack(last, rest), []);
      const letters: string[] = [];
      for await (const page of last.deadLetters?.list({ pageSize: 10 }, call) ?? [])
        letters.push(...page.map(({ messageId, identity, attempts }) => `${messageId} for ${identity}: ${attempts}`));
      assert.deepEqual(letters, ["poison for a: 4"]);
    });

    test("a slow identity is passed over, holds no other up, and loses nothing", async () => {
      const options = { url, prefix: "slow", shards: 1 };
      await using sender = await openedQueues(options);
      const [slow, quick] = ["slow", "quick"];
      await using worker = await openedQueues(options);
      await attached(worker, "s", [slow, quick]);
      for (const id of numbered("m", MANY)) await enqueued(sender, id, [slow, quick]);
      const come: string[] = [];
      const held: string[] = [];
      await eventually(async () => {
        const handed = await take(worker, "s", { maxPerIdentity: 10 });
        const quickly = handed.filter(({ identity }) => identity === quick);
        come.push(...quickly.map(({ id }) => id));
        held.push(...handed.filter(({ identity }) => identity === slow).map(({ id }) => id));
        assert.deepEqual(await ack(worker, quickly), []);
        assert.lengthOf(come, MANY);
      }, 30_000);
      assert.deepEqual(come, numbered("m", MANY));
      assert.deepEqual(held, numbered("m", 10));
      const late = await take(worker, "s", { maxPerIdentity: 10 });
      assert.deepEqual(late, []);
      await worker.close();
      await using next = await openedQueues(options);
      await attached(next, "s", [slow], 2);
      const rest: string[] = [];
      await eventually(async () => {
        const handed = await take(next, "s");
        rest.push(...handed.map(({ id }) => id));
        assert.deepEqual(await ack(next, handed), []);
        assert.lengthOf(rest, MANY);
      }, 30_000);
      assert.deepEqual(rest, numbered("m", MANY));
    });

    test("who has lost its attachment to another process settles nothing, and is handed nothing", async () => {
      const options = { url, prefix: "fence" };
      await using sender = await openedQueues(options);
      await using stale = await openedQueues(options);
      await attached(stale, "s", ["a"], 1);
      await enqueued(sender, "m", ["a"]);
      const held = await eventually(async () => {
        const handed = await take(stale, "s");
        assert.lengthOf(handed, 1);
        return handed;
      });
      await using next = await openedQueues(options);
      await attached(next, "t", ["a"], 2);
      using call = callOf();
      const settlements = held.map(({ receipt }) => ({ receipt, as: "ack" }) as const);
      const failures = await stale.settleMany(settlements, call);
      assert.deepEqual(
        failures.map(({ error }) => error.code),
        ["FENCED"],
      );
      await enqueued(sender, "n", ["a"]);
      assert.deepEqual(await take(stale, "s"), []);
      const [again] = await eventually(async () => {
        const handed = await take(next, "t");
        assert.deepEqual(
          handed.map(({ id }) => id),
          ["m", "n"],
        );
        return handed;
      });
      assert.equal(again?.attempt, 2);
    });

    test("topics that are deleted behind its back are there again, and what comes then is handed out", async () => {
      const options = { url, prefix: "deleted" };
      await using sender = await openedQueues(options);
      await using worker = await openedQueues(options);
      await attached(worker, "s", ["a", "b"]);
      for (const id of numbered("before-", 20)) await enqueued(sender, id, ["a", "b"]);
      await eventually(async () => {
        assert.deepEqual(await ack(worker, await take(worker, "s")), []);
        await using space = await openedSpace(options);
        assert.isAtLeast(space.table.get("a")?.progress.position ?? -1, 20);
      });
      await using foreign = await Foreigner.at(url);
      for (const uses of [["queue"], ["positions"], ["queue", "positions", "letters"]]) {
        await foreign.admin.deleteTopics({ topics: uses.map((use) => topicOf("deleted", "iot", use)) });
        const ids = numbered(`after-${uses.join("-")}-`, 3);
        for (const id of ids) await eventually(async () => enqueued(sender, id, ["a", "b"]));
        const come = new Set<string>();
        await eventually(async () => {
          const handed = await take(worker, "s");
          for (const { id, identity } of handed) come.add(`${id} for ${identity}`);
          assert.deepEqual(await ack(worker, handed), []);
          const expected = ids.flatMap((id) => [`${id} for a`, `${id} for b`]);
          assert.deepEqual(
            expected.filter((one) => !come.has(one)),
            [],
          );
        }, 30_000);
      }
    });
  });
});

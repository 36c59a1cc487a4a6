/** Handlers' own commands, in one piece with the acknowledgement. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace, outcomeOf, within } from "@muster/testing";
import { ack, type Handed, message, settled, take, TTL } from "@muster/testing/durability";
import { expect, test } from "vitest";
import type { RedisTransaction } from "../../src/index.ts";
import { tell } from "../support.ts";
import { openedQueues, type Queues, SECOND, targets } from "./support.ts";

await withServer("redis", {}, ({ url }) => {
  const leased = async (queues: Queues): Promise<Handed> => {
    await queues.attachMany("s", targets(["a"]), within(SECOND));
    await queues.enqueueMany(message(freshNamespace()), targets(["a"], "s"), TTL, within(SECOND));
    const [one] = await take(queues, "s");
    if (one === undefined) throw new Error("it is not handed out");
    return one;
  };
  const handle = async (
    queues: Queues,
    { id, identity, receipt }: Handed,
    work: (transaction: RedisTransaction) => void | Promise<void>,
  ): Promise<"handled" | "duplicate" | undefined> =>
    queues.transactions?.handleOnce({ messageId: id, identity, receipt }, async (own) => work(own), within(5 * SECOND));

  test("commands run when the handler has returned, with bytes and numbers as they were given", async () => {
    await using queues = await openedQueues({ url });
    const one = await leased(queues);
    const key = freshNamespace();
    const bytes = Buffer.from("\0first\r\n");
    const outcome = handle(queues, one, async (own) => {
      own.add("RPUSH", key, bytes, 2, "three");
      own.add("INCRBY", `${key}:count`, 41);
      bytes.fill(0);
      expect(await tell(url, "EXISTS", key)).toBe(0);
    });
    expect(await outcome).toBe("handled");
    expect(await tell(url, "LRANGE", key, 0, -1)).toEqual(["\0first\r\n", "2", "three"]);
    expect(await tell(url, "GET", `${key}:count`)).toBe("41");
    expect(await handle(queues, one, () => Promise.reject(new Error("it runs")))).toBe("duplicate");
    expect(await take(queues, "s")).toEqual([]);
  });

  test("nothing runs when the handler throws, and the lease goes on", async () => {
    await using queues = await openedQueues({ url });
    const one = await leased(queues);
    const key = freshNamespace();
    const mine = new Error("mine");
    const failing = handle(queues, one, (own) => {
      own.add("SET", key, 1);
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    expect(await tell(url, "EXISTS", key)).toBe(0);
    expect(await handle(queues, one, (own) => own.add("SET", key, 2))).toBe("handled");
    expect(await tell(url, "GET", key)).toBe("2");
  });

  test("nothing runs when the lease is lost meanwhile, or the receipt is for something else", async () => {
    await using queues = await openedQueues({ url });
    const one = await leased(queues);
    const key = freshNamespace();
    const moved = handle(queues, one, async (own) => {
      own.add("SET", key, 1);
      await queues.attachMany("t", targets(["a"], undefined, 2), within(SECOND));
    });
    expect(await outcomeOf(moved)).toBe("FENCED");
    const [again] = await take(queues, "t");
    if (again === undefined) throw new Error("it is not handed out");
    const never = (): Promise<void> => Promise.reject(new Error("it runs"));
    expect(await outcomeOf(handle(queues, { ...again, identity: "b" }, never))).toBe("FENCED");
    expect(await outcomeOf(handle(queues, { ...again, id: "other" }, never))).toBe("FENCED");
    expect(await outcomeOf(handle(queues, { ...again, receipt: "no-such" }, never))).toBe("FENCED");
    await queues.settleMany(settled([again], "retry"), within(SECOND));
    expect(await outcomeOf(handle(queues, again, never))).toBe("FENCED");
    expect(await tell(url, "EXISTS", key)).toBe(0);
  });

  test("a command that fails takes nothing back, as in Redis' own transactions, and whoever handles is told", async () => {
    await using queues = await openedQueues({ url });
    const one = await leased(queues);
    const key = freshNamespace();
    const failing = handle(queues, one, (own) => {
      own.add("SET", key, "text");
      own.add("INCR", key);
      own.add("APPEND", key, "!");
    });
    await expect(failing).rejects.toMatchObject({ code: "INTERNAL", mayHaveApplied: true });
    expect(await tell(url, "GET", key)).toBe("text!");
    expect(await handle(queues, one, () => Promise.reject(new Error("it runs")))).toBe("duplicate");
    expect(await ack(queues, [one])).toEqual([]);
  });

  test("a transaction that is over takes no more commands, and one takes so many", async () => {
    await using queues = await openedQueues({ url });
    const one = await leased(queues);
    const kept: RedisTransaction[] = [];
    const greedy = handle(queues, one, (own) => {
      kept.push(own);
      for (let n = 0; n <= 1_000; n += 1) own.add("PING");
    });
    expect(await outcomeOf(greedy)).toBe("INVALID_ARGUMENT");
    const large = handle(queues, one, (own) => own.add("SET", "large", Buffer.alloc(1_048_577)));
    expect(await outcomeOf(large)).toBe("INVALID_ARGUMENT");
    for (const transaction of kept) expect(() => transaction.add("PING")).toThrow(/CLOSED/);
  });
});

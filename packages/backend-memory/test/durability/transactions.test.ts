import type { TransactionFacet } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { memoryFaults, type MemoryTransaction } from "../../src/index.ts";
import { CALL } from "../support.ts";
import {
  attach,
  brief,
  deliveries,
  type Durability,
  fixture,
  LEASE_MS,
  receive,
  receiveOne,
  type Received,
  SCOPE,
  send,
  settle,
  TTL_MS,
} from "./support.ts";

function handleOnce(
  durability: Durability,
  { message, identity, receipt }: Received,
  work: (transaction: MemoryTransaction) => Promise<void>,
  call = CALL,
): ReturnType<TransactionFacet["handleOnce"]> {
  if (durability.transactions === undefined) throw new Error("no transactions");
  return durability.transactions.handleOnce({ messageId: message.id, identity, receipt }, work, call);
}

async function attached(durability: Durability): Promise<Received> {
  await attach(durability, ["a"]);
  await send(durability, "m", ["a"]);
  return receiveOne(durability);
}

describe("handleOnce", () => {
  test("runs effects in their order together with the acknowledgement, once the work is done", async () => {
    const durability = await fixture().client();
    const received = await attached(durability);
    const seen: string[] = [];
    const outcome = await handleOnce(durability, received, async (transaction) => {
      transaction.onCommit(() => seen.push("first"));
      transaction.onCommit(() => seen.push("second"));
      expect(await deliveries(durability, "m")).toMatchObject([{ status: "pending" }]);
      seen.push("work");
    });
    expect(outcome).toBe("handled");
    expect(seen).toEqual(["work", "first", "second"]);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "delivered" }]);
    expect(await handleOnce(durability, received, () => Promise.reject(new Error("ran")))).toBe("duplicate");
  });

  test("lets nothing stand of work that throws, throws the same, and the lease goes on", async () => {
    const durability = await fixture().client();
    const received = await attached(durability);
    const thrown = new Error("no");
    let effects = 0;
    const handling = handleOnce(durability, received, async (transaction) => {
      transaction.onCommit(() => (effects += 1));
      throw thrown;
    });
    await expect(handling).rejects.toBe(thrown);
    expect(await handleOnce(durability, received, async () => {})).toBe("handled");
    expect(effects).toBe(0);
  });

  test("is FENCED before the work by a lost lease, and after it when the lease is lost meanwhile", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    const received = await attached(durability);
    let effects = 0;
    const handling = handleOnce(durability, received, async (transaction) => {
      transaction.onCommit(() => (effects += 1));
      clock.now += LEASE_MS;
      expect(brief(await receive(durability))).toEqual(["m→a#2"]);
    });
    await expect(handling).rejects.toMatchObject({ code: "FENCED", mayHaveApplied: false });
    await expect(handleOnce(durability, received, () => Promise.reject(new Error("ran")))).rejects.toMatchObject({
      code: "FENCED",
    });
    expect(effects).toBe(0);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "pending" }]);
  });

  test("is FENCED for a receipt of another delivery", async () => {
    const durability = await fixture().client();
    const received = await attached(durability);
    await expect(handleOnce(durability, { ...received, identity: "b" }, async () => {})).rejects.toMatchObject({
      code: "FENCED",
    });
  });

  test("is a duplicate also when two handle one receipt at once: only the first takes effect", async () => {
    const durability = await fixture().client();
    const received = await attached(durability);
    let effects = 0;
    const work = async (transaction: MemoryTransaction): Promise<void> => transaction.onCommit(() => (effects += 1));
    const outcomes = [handleOnce(durability, received, work), handleOnce(durability, received, work)];
    expect(await Promise.all(outcomes)).toEqual(["handled", "duplicate"]);
    expect(effects).toBe(1);
  });

  test("remembers what was handled after the message is forgotten, until it cannot come back", async () => {
    const { client, clock } = fixture();
    const durability = await client();
    await handleOnce(durability, await attached(durability), async () => {});
    clock.now += TTL_MS + SCOPE.deadLetterRetentionMs - 1;
    await send(durability, "m", ["a"]);
    const again = await receiveOne(durability);
    expect(await handleOnce(durability, again, () => Promise.reject(new Error("ran")))).toBe("duplicate");
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "delivered" }]);
    expect(await settle(durability, [again], "ack")).toEqual([]);
  });

  test("given up or cut off during the work commits nothing, and does not wait for it", async () => {
    const { client } = fixture();
    const faults = memoryFaults();
    const durability = await client({}, faults);
    const received = await attached(durability);
    const controller = new AbortController();
    const never = handleOnce(durability, received, () => new Promise<never>(() => {}), { signal: controller.signal });
    controller.abort();
    await expect(never).rejects.toMatchObject({ code: "ABORTED" });
    let effects = 0;
    const cut = handleOnce(durability, received, async (transaction) => {
      transaction.onCommit(() => (effects += 1));
      faults.down("store");
    });
    await expect(cut).rejects.toMatchObject({ code: "UNAVAILABLE" });
    faults.up("store");
    expect(effects).toBe(0);
    expect(await handleOnce(durability, received, async () => {})).toBe("handled");
  });

  test("throws INTERNAL when an effect throws, after all others have run", async () => {
    const durability = await fixture().client();
    const received = await attached(durability);
    const thrown = new Error("effect");
    let effects = 0;
    const handling = handleOnce(durability, received, async (transaction) => {
      transaction.onCommit(() => {
        throw thrown;
      });
      transaction.onCommit(() => (effects += 1));
    });
    await expect(handling).rejects.toMatchObject({ code: "INTERNAL", mayHaveApplied: true, cause: thrown });
    expect(effects).toBe(1);
    expect(await deliveries(durability, "m")).toMatchObject([{ status: "delivered" }]);
  });

  test("takes no effect any more once the work has ended", async () => {
    const durability = await fixture().client();
    const kept: MemoryTransaction[] = [];
    await handleOnce(durability, await attached(durability), async (transaction) => void kept.push(transaction));
    expect(() => kept[0]?.onCommit(() => {})).toThrow("CLOSED");
  });
});

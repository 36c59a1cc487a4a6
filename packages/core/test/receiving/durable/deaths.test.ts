import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleets } from "../../support/fleets.ts";
import { Outbox } from "../../support/outbox.ts";
import { names } from "../../support/world.ts";

const STEADY = { sessionLeaseMs: 10_000, ttlMs: 60_000, timeoutMs: 20_000, pollIntervalMs: 50, handlerLeaseMs: 300 };
const IDS = names(10, "m-");

/** How often each message was begun, by `identity id`, and how many have ended. */
class Diary {
  readonly begun = new Map<string, number>();
  readonly order = new Map<string, string[]>();
  ended = 0;
  onEnd = (): void => {};

  readonly onMessage = async ({ identity, id }: Message): Promise<void> => {
    const key = `${identity} ${id}`;
    this.begun.set(key, (this.begun.get(key) ?? 0) + 1);
    this.order.set(identity, [...(this.order.get(identity) ?? []), id]);
    await new Promise(setImmediate);
    this.ended += 1;
    this.onEnd();
  };
}

test.each([1, 17, 123, 299])(
  "when a process dies after it has handled %i messages, whoever takes over gets all the others, each identity's in order",
  async (deathAt) => {
    await using fleets = new Fleets();
    const [victim, heir] = await fleets.openTwo({ durability: true, timing: STEADY });
    await using outbox = await Outbox.open(fleets.hub);
    const [before, after] = [new Diary(), new Diary()];
    const handles = await Promise.all(names(30).map((name) => victim.fleet.register(name, {})));
    for (const id of IDS) await outbox.enqueue(id, handles);
    const dead = new Promise<void>((resolve) => {
      before.onEnd = () => {
        if (before.ended !== deathAt) return;
        victim.faults.stop();
        resolve();
      };
    });
    for (const handle of handles) handle.attach(before.onMessage).catch(() => undefined); // It may die meanwhile.
    await dead;
    await Promise.all(
      names(30).map((name) => heir.fleet.register(name, {}, { replace: true, onMessage: after.onMessage })),
    );
    await eventually("all are delivered", async () => {
      const statuses = await Promise.all(IDS.map((id) => outbox.statuses(id)));
      return statuses.every((status) => Object.values(status).every((one) => one === "delivered"));
    });
    for (const name of names(30)) {
      const order = after.order.get(name) ?? [];
      expect(order).toEqual(IDS.slice(IDS.length - order.length));
    }
    expect([...after.begun.values()].every((times) => times === 1)).toBe(true);
    expect(before.begun.size + after.begun.size).toBeGreaterThanOrEqual(300);
    expect(new Set([...before.begun.keys(), ...after.begun.keys()]).size).toBe(300);
    expect(await outbox.deadLetters()).toEqual([]);
  },
);

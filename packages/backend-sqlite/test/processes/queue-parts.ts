/** What other processes do with the queues of the file. */

import type { DurableMessage } from "@muster/core/slots";
import { within } from "@muster/testing";
import { message } from "@muster/testing/durability";
import { sqliteDurability } from "../../src/index.ts";
import { attachMany, detachMany, dropMany } from "../../src/queues/attaching.ts";
import { redriveMany } from "../../src/queues/dead-letters.ts";
import { dequeue } from "../../src/queues/dequeueing.ts";
import { enqueueMany } from "../../src/queues/enqueueing.ts";
import type { Refusal } from "../../src/queues/failures.ts";
import { settleMany } from "../../src/queues/settling.ts";
import type { Space } from "../../src/queues/space.ts";
import { spaceOf } from "../../src/queues/spaces.ts";
import { sweep } from "../../src/queues/sweeping.ts";
import type { Store } from "../../src/store/store.ts";
import { connectedTo } from "../store/support.ts";
import { mortal, told } from "./mortal.ts";

interface QueuePartArgs {
  readonly path: string;
  readonly namespace: string;
}

interface ConsumerArgs extends QueuePartArgs {
  readonly session: string;
  readonly identities: readonly string[];
}

/** Takes whatever comes, tells of it, and acknowledges; waits for more until it is killed. */
async function consumer({ path, namespace, session, identities }: ConsumerArgs): Promise<void> {
  const queues = sqliteDurability({ path });
  await queues.open({ namespace }, within(60_000));
  const targets = identities.map((identity) => ({ identity, epoch: 1 }));
  await queues.attachMany(session, targets, within(60_000));
  await told("open");
  for (;;) {
    const options = { max: 50, maxPerIdentity: 4, waitMs: 10_000, leaseMs: 60_000 };
    const leased = await queues.dequeue(session, options, within(60_000));
    for (const { message: one, recipients } of leased) {
      const failures = await queues.settleMany(
        recipients.map(({ receipt }) => ({ receipt, as: "ack" })),
        within(60_000),
      );
      if (failures.length > 0) throw new Error("it is not its own");
      await told(recipients.map(({ identity }) => [identity, one.id]));
    }
  }
}

interface ProducerArgs extends QueuePartArgs {
  readonly name: string;
  readonly messages: number;
  readonly identities: readonly string[];
}

async function producer({ path, namespace, name, messages, identities }: ProducerArgs): Promise<void> {
  const queues = sqliteDurability({ path });
  await queues.open({ namespace }, within(60_000));
  const targets = identities.map((identity) => ({ identity, epoch: 1 }));
  for (let number = 0; number < messages; number += 1) {
    await queues.enqueueMany(message(`${name}-${number}`), targets, { ttlMs: 600_000 }, within(60_000));
    await told(number);
  }
  await queues.close();
  process.disconnect();
}

interface DoomedArgs extends QueuePartArgs {
  /** How many statements it lives for. */
  readonly statements: number;
}

/** Does everything there is to do with queues, until it dies in the middle of whichever; tells of what was committed. */
async function doomedQueues({ path, namespace, statements }: DoomedArgs): Promise<void> {
  const store = mortal(connectedTo(path), statements);
  const space: Space = {
    space: inTransaction(store, () => spaceOf(store, namespace)),
    trackingRetentionMs: 600_000,
    deadLetterRetentionMs: 600_000,
    maxQueued: 100,
  };
  for (let round = 0; ; round += 1) {
    const id = `${namespace}-${round}`;
    const identities = Array.from({ length: 6 }, (_, index) => `id-${index}`);
    const enqueue = (one: DurableMessage, ttlMs: number): readonly Refusal[] =>
      enqueueMany(store, { ...space, message: one, targets: identities.map((name) => [name, 1]), ttlMs });
    const refused = new Set(inTransaction(store, () => enqueue(message(id), 600_000)).map(([index]) => index));
    await told(["accepted", id, identities.filter((_, index) => !refused.has(index))]);
    inTransaction(store, () => enqueue(message(`${id} short`), 1));
    const targets = identities.map((name) => [name, round + 1] as const);
    inTransaction(store, () => attachMany(store, { ...space, session: `s-${round % 2}`, targets }));
    const acked = inTransaction(store, () => handle(store, space, `s-${round % 2}`));
    await told(["acked", acked]);
    inTransaction(store, () => {
      const why = { code: "UNREGISTERED", reason: "gone" } as const;
      dropMany(store, { ...space, targets: [["id-5", round]], why });
      redriveMany(store, { ...space, keys: [{ messageId: id, identity: "id-3" }], ttlMs: 600_000 });
      detachMany(store, { ...space, session: `s-${round % 2}`, identities: ["id-0", "id-1"] });
      sweep(store, { ...space, limit: 10 });
    });
  }
}

/** One of each way; gives what was acknowledged. */
function handle(store: Store, space: Space, session: string): readonly (readonly [string, string])[] {
  const leased = dequeue(store, { ...space, session, max: 20, maxPerIdentity: 3, waitMs: 0, leaseMs: 5 });
  const all = leased.flatMap(({ message: { id }, recipients }) => recipients.map((one) => ({ ...one, id })));
  const [retried, dead, released, ...rest] = all;
  const acked = rest.slice(0, -2);
  settleMany(store, {
    ...space,
    settlements: [
      ...(retried ? [{ receipt: retried.receipt, as: "retry" as const, delayMs: 3 }] : []),
      ...(dead ? [{ receipt: dead.receipt, as: "dead" as const, code: "REJECTED" as const, reason: "no" }] : []),
      ...(released ? [{ receipt: released.receipt, as: "release" as const }] : []),
      ...acked.map(({ receipt }) => ({ receipt, as: "ack" as const })),
    ],
  });
  return acked.map(({ identity, id }) => [identity, id]);
}

function inTransaction<T>(store: Store, work: () => T): T {
  for (;;) {
    try {
      store.execute("begin immediate");
      break;
    } catch {
      // Somebody else writes.
    }
  }
  const result = work();
  store.execute("commit");
  return result;
}

export const QUEUE_PARTS: Readonly<Record<string, (args: never) => Promise<void>>> = {
  consumer,
  producer,
  doomedQueues,
};

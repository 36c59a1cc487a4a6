/** Several processes at work, of which some die while others go on; judged as a whole. */

import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Registration, RegistryBackend, Scope } from "@muster/core/slots";
import { compileFilter, where } from "@muster/filter";
import type { ConformanceCase, DurabilityCase, MessagingCase, RegistryCase, RegistryContext } from "../../case.ts";
import { checkDeeds } from "../../history/deeds.ts";
import { splitOf } from "../filters/support.ts";
import { shortLease } from "../durability/support.ts";
import { Recording } from "../messaging/recording.ts";
import { entry, numbered, scanAll, scanAllRoutes, setOne, startSession } from "../support.ts";
import { DeedRecording, KINDS, SESSION } from "./deed-recording.ts";
import { DeliveryRecording, IDENTITIES } from "./delivery-recording.ts";
import { canDie, startMortal } from "./support.ts";

const ROUNDS = 3;
/** That die in each round. */
const MORTALS = 2;
/** Of a mortal before the one it dies over, at most. */
const BEFORE_DEATH = 6;
/** Of a survivor in one round: so many at least, and no more than so many while others live. */
const MEANWHILE = { least: 12, most: 30 } as const;
/** Fewer than there are names, so that it is sometimes reached. */
const QUOTA = 6;
/** Most deeds read first, and then write. */
const LAST_TURN = 16;

const SCOPE: Partial<Scope> = {
  maxIdentities: QUOTA,
  schema: { fields: { kind: { type: "string", path: ["kind"], required: false, index: true } }, additional: "keep" },
};

function someTurn({ random }: { readonly random: () => number }): number {
  return 1 + Math.floor(random() * LAST_TURN);
}

/** One round: all are at work at once, until the last of the mortals has died. */
async function round(
  ctx: RegistryContext,
  recording: DeedRecording,
  survivors: readonly RegistryBackend[],
): Promise<void> {
  const mortals = await Promise.all(
    Array.from({ length: MORTALS }, async () => startMortal(ctx, ({ registry }) => registry, SCOPE)),
  );
  let alive = mortals.length;
  const dying = mortals.map(async ({ client, kill }) => {
    try {
      for (let left = Math.floor(ctx.random() * BEFORE_DEATH); left > 0; left -= 1) await recording.act(client);
      recording.act(client).catch(() => {}); // What a dying process throws reaches nobody.
      await kill(someTurn(ctx));
    } finally {
      await kill(0);
      alive -= 1;
    }
  });
  const going = survivors.map(async (client) => {
    for (let done = 0; done < MEANWHILE.least || (alive > 0 && done < MEANWHILE.most); done += 1) {
      await recording.act(client);
      await turn(); // The others' answers come in between.
    }
  });
  await Promise.all([...dying, ...going]);
}

/** Who is there, which every way of asking must agree about. */
async function everyone(ctx: RegistryContext, registry: RegistryBackend): Promise<ReadonlyMap<string, Registration>> {
  const found = await scanAll(ctx, {}, registry);
  const identities = found.map(({ identity }) => identity);
  assert.deepEqual(await registry.getMany(identities, ctx.call), found, "getMany gives what a scan finds");
  assert.deepEqual(
    (await scanAllRoutes(ctx, {}, registry)).map(({ identity, epoch }) => [identity, epoch]),
    found.map(({ identity, epoch }) => [identity, epoch]),
    "a scan of routes finds it",
  );
  assert.deepEqual(await scanAll(ctx, { session: SESSION }, registry), found, "its session serves it");
  for (const kind of KINDS) {
    const filter = where("kind").eq(kind);
    const { native, residual } = splitOf(registry, filter);
    const test = residual && compileFilter(residual);
    const scanned = await scanAll(ctx, native === undefined ? {} : { filter: native }, registry);
    assert.deepEqual(
      scanned.filter(({ metadata }) => test?.(metadata) ?? true),
      found.filter(({ metadata }) => metadata["kind"] === kind),
      `a filter finds all that are ${kind}, and no other`,
    );
  }
  assert.deepEqual(await registry.census(ctx.call), { counted: found.length, expired: 0 }, "all are counted");
  return new Map(found.map((one) => [one.identity, one]));
}

/** As many more as there is room for, and not one more. */
async function expectRoomFor(ctx: RegistryContext, registry: RegistryBackend, count: number): Promise<void> {
  for (const identity of numbered("more", count)) {
    const outcome = await setOne(ctx, entry(identity), registry);
    assert.ok("stored" in outcome, `there is room for ${identity} of ${count} more`);
  }
  const outcome = await setOne(ctx, entry("too many"), registry);
  assert.ok("refused" in outcome && outcome.refused === "quota", "there is room for no other");
}

const records: RegistryCase = {
  id: "registry/crash/history",
  rule: "While processes write and die over it, nothing that was told is lost, nothing is stored twice or torn, epochs only grow, and quota and indexes stay right.",
  slot: "registry",
  applies: canDie("registry"),
  async run(ctx) {
    await startSession(ctx, SESSION);
    const recording = new DeedRecording(ctx);
    const survivors = [await ctx.peer(SCOPE), await ctx.peer(SCOPE)] as const;
    for (let left = ROUNDS; left > 0; left -= 1) await round(ctx, recording, survivors);
    const [survivor] = survivors;
    // What the last of the dead had sent may still be on its way.
    const found = await ctx.eventually(async () => {
      const all = await everyone(ctx, survivor);
      assert.deepEqual(checkDeeds(recording.deeds, all), []);
      return all;
    });
    if (survivor.traits.quota === "exact") await expectRoomFor(ctx, survivor, QUOTA - found.size);
  },
};

const messages: MessagingCase = {
  id: "messaging/crash/history",
  rule: "While publishers and receivers die, those that live on lose nothing, and get nothing twice, torn, from nobody, or meant for others.",
  slot: "messaging",
  applies: canDie("messaging"),
  async run(ctx) {
    const recording = new Recording(ctx);
    const peer = await ctx.peer();
    const publish = async (name: string, from: typeof peer): Promise<void> => {
      const most = Math.min(4, from.traits.maxBatch);
      const count = 1 + Math.floor(ctx.random() * most);
      const addresses = Array.from(
        { length: count },
        () => (["a", "a.b", "b", "c"] as const)[Math.floor(ctx.random() * 4)] ?? "a",
      );
      await recording.publish(name, from, addresses);
    };
    await (await recording.openInbox("steady", ctx.backend)).add("a", "a.b");
    await (await recording.openInbox("other", peer)).add("a", "b");
    for (let left = ROUNDS; left > 0; left -= 1) {
      const writer = await startMortal(ctx, ({ messaging }) => messaging);
      const reader = await startMortal(ctx, ({ messaging }) => messaging);
      const name = `mortal ${left}`;
      const inbox = await recording.openInbox(name, reader.client);
      await inbox.add("b", "c");
      let isOver = false;
      const going = [ctx.backend, peer].map(async (from, index) => {
        for (let done = 0; done < MEANWHILE.least || (!isOver && done < MEANWHILE.most); done += 1) {
          await publish(`survivor ${index}`, from);
          await turn(); // The others' answers come in between.
        }
      });
      try {
        for (let batches = Math.floor(ctx.random() * BEFORE_DEATH); batches > 0; batches -= 1)
          await publish(name, writer.client);
        publish(name, writer.client).catch(() => {}); // What a dying process throws reaches nobody.
        await writer.kill(someTurn(ctx));
        recording.forget(name);
        inbox.note("removing");
        await reader.kill(someTurn(ctx));
        inbox.note("gone");
      } finally {
        isOver = true;
        await Promise.all([...going, writer.kill(0), reader.kill(0)]);
      }
    }
    await recording.verify(["closing"]);
  },
};

const deliveries: DurabilityCase = {
  id: "durability/crash/history",
  rule: "While those who enqueue and those who work die, nothing that was accepted is lost, torn, handed to others, or handed out twice but for a crash or the end of a lease.",
  slot: "durability",
  applies: canDie("durability"),
  async run(ctx) {
    const recording = new DeliveryRecording(ctx, 4 * shortLease(ctx));
    const peer = await ctx.peer();
    for (let left = ROUNDS; left > 0; left -= 1) {
      const sender = await startMortal(ctx, ({ durability }) => durability);
      const worker = await startMortal(ctx, ({ durability }) => durability);
      const session = `mortal ${left}`;
      await recording.attach(worker.client, session);
      let isOver = false;
      const going = [
        async (): Promise<void> => recording.enqueue(ctx.backend),
        async (): Promise<unknown> => recording.work(peer, "survivor"),
      ].map(async (act) => {
        for (let done = 0; done < MEANWHILE.least || (!isOver && done < MEANWHILE.most); done += 1) {
          await act();
          await turn(); // The others' answers come in between.
        }
      });
      try {
        for (let some = Math.floor(ctx.random() * BEFORE_DEATH); some > 0; some -= 1) {
          await recording.enqueue(sender.client);
          await recording.work(worker.client, session);
        }
        recording.enqueue(sender.client).catch(() => {}); // What a dying process throws reaches nobody.
        await sender.kill(someTurn(ctx));
        recording.work(worker.client, session).catch(() => {});
        await worker.kill(someTurn(ctx));
        await recording.attach(peer, "survivor", IDENTITIES.slice(left));
      } finally {
        isOver = true;
        await Promise.all([...going, sender.kill(0), worker.kill(0)]);
      }
    }
    await recording.verify(peer);
  },
};

export const crashHistoryCases: readonly ConformanceCase[] = [records, messages, deliveries];

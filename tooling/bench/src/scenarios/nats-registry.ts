/** What a registry on a stream costs to write, renew and read, against the bare driver's publishes and reads of a stream. */

import { natsRegistry } from "@muster/backend-nats";
import { type Fleet, openRegistry } from "@muster/core";
import type { RegistryBackend } from "@muster/core/slots";
import { connect } from "@nats-io/transport-node";
import { sensors } from "../documents.ts";
import { PATIENT } from "../fleets.ts";
import { RawRecords } from "../nats-writers.ts";
import { SELECTION } from "../predicates.ts";
import { FleetRegisters, SlotWrites, TTL_MS, type Writes } from "../registry-writers.ts";
import { type Contender, playRounds, type Rounds } from "../rounds.ts";
import { Disagreement, type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { benchServer } from "../servers.ts";
import { BATCH, CALL, identityOf, storeAll } from "../store.ts";

export const natsRegistryScenario: Scenario = {
  name: "nats-registry",
  about:
    "registers, renewals and reads over a stream of NATS, against publishing to one and reading it with the bare driver",
  defaultSize: 10_000,
  needsServers: true,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using server = await benchServer("nats", ["-js"]);
  const servers = server.url;
  const connection = await connect({ servers });
  try {
    const raw = await RawRecords.open(connection);
    const registry = (): RegistryBackend => natsRegistry({ servers });
    const documents = sensors(size);
    const few = { registry, documents: documents.slice(0, Math.ceil(size / 10)), atOnce: 1 };
    const single = await singly(raw, few, rounds);
    const many = await together(raw, { registry, documents, atOnce: BATCH }, rounds);
    const renewing = await renewals(raw, { registry, documents, atOnce: BATCH }, rounds);
    const reading = await reads(raw, { registry, documents, atOnce: BATCH }, rounds);
    return {
      rows: [
        rowOf("speed of register, one by one / publish", "×", single.speedup("register", "publish")),
        rowOf("… of setMany of 1", "×", single.speedup("setMany of 1", "publish")),
        rowOf("speed of register, all at once / publish of 1,000 at once", "×", many.speedup("registers", "publishes")),
        rowOf("… of setMany of 1,000", "×", many.speedup("setMany of 1,000", "publishes")),
        rowOf("speed of renewMany of 1,000 / the same published again", "×", renewing.speedup("renewals", "publishes")),
        rowOf("speed of a filter over everyone / fetching and filtering", "×", reading.speedup("filter", "fetch")),
        rowOf("… of opening first", "×", reading.speedup("open and filter", "fetch")),
      ],
      timings: [...single.timings, ...many.timings, ...renewing.timings, ...reading.timings],
    };
  } finally {
    await connection.close();
  }
}

async function singly(raw: RawRecords, writes: Writes, rounds: number): Promise<Rounds> {
  await using slot = await SlotWrites.open("setMany of 1", writes);
  await using fleet = await FleetRegisters.open("register", writes);
  return await playRounds([raw.writing("publish", writes), slot, fleet], { rounds, size: writes.documents.length });
}

async function together(raw: RawRecords, writes: Writes, rounds: number): Promise<Rounds> {
  const size = writes.documents.length;
  await using slot = await SlotWrites.open("setMany of 1,000", writes);
  await using fleet = await FleetRegisters.open("registers", { ...writes, atOnce: size });
  return await playRounds([raw.writing("publishes", writes), slot, fleet], { rounds, size });
}

/** Of registrations that live by themselves: those that a session keeps alive are not written. */
async function renewals(raw: RawRecords, writes: Writes, rounds: number): Promise<Rounds> {
  const { documents } = writes;
  await using registry = await stored(writes, "renewed");
  const identities = documents.map((_, index) => identityOf(index));
  const leases = (await registry.getMany(identities, CALL)).flatMap((one) =>
    one === undefined ? [] : [{ identity: one.identity, epoch: one.epoch, ttlMs: TTL_MS }],
  );
  const renewing: Contender = {
    name: "renewals",
    async run() {
      let renewed = 0;
      for (let start = 0; start < leases.length; start += BATCH) {
        const outcomes = await registry.renewMany(leases.slice(start, start + BATCH), CALL);
        renewed += outcomes.filter((outcome) => typeof outcome === "number").length;
      }
      return renewed;
    },
  };
  return await playRounds([raw.replacing("publishes", writes), renewing], { rounds, size: documents.length });
}

async function reads(raw: RawRecords, writes: Writes, rounds: number): Promise<Rounds> {
  const { documents } = writes;
  await raw.replacing("fill", writes).run();
  await using _registry = await stored(writes, "read");
  const open = async (): Promise<Fleet> =>
    openRegistry({ namespace: "read", registry: writes.registry(), timing: PATIENT });
  await using fleet = await open();
  const opening: Contender = {
    name: "open and filter",
    async run() {
      await using other = await open();
      return await selectedIn(other);
    },
  };
  const contenders = [
    raw.reading("fetch", documents.length),
    { name: "filter", run: () => selectedIn(fleet) },
    opening,
  ];
  return await playRounds(contenders, { rounds, size: documents.length });
}

async function selectedIn(fleet: Fleet): Promise<number> {
  let selected = 0;
  for await (const _ of fleet.identities(SELECTION)) selected += 1;
  return selected;
}

async function stored(writes: Writes, namespace: string): Promise<RegistryBackend> {
  const registry = writes.registry();
  await registry.open({ namespace }, CALL);
  const { documents } = writes;
  if ((await storeAll(registry, documents)) === documents.length) return registry;
  await registry.close();
  throw new Disagreement("not everyone was stored");
}

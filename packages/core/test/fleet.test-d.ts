import { memoryOutbox, memoryRegistry, type MemoryTransaction } from "@muster/backend-memory";
import { expectTypeOf } from "vitest";
import type { Fleet, Handle, MulticastOptions, Page, RegisteredIdentity } from "../src/fleet.ts";
import { openRegistry } from "../src/open-registry.ts";

/** An interface: it has no index signature. */
interface Device {
  status: "online" | "offline";
  readonly battery?: number;
  readonly at?: Place;
}

interface Place {
  readonly room: string;
  readonly floor?: number;
}

declare const fleet: Fleet<Device>;

expectTypeOf(fleet.register("a", { status: "online" })).resolves.toEqualTypeOf<Handle<Device>>();
expectTypeOf(fleet.get("a")).resolves.toEqualTypeOf<RegisteredIdentity<Device> | undefined>();
expectTypeOf(fleet.enumerate({ status: "online", "battery.lt": 0.2 })).resolves.toEqualTypeOf<Page<Device>>();
expectTypeOf(fleet.identities({ "at.room": "hall" })).toEqualTypeOf<
  AsyncIterableIterator<RegisteredIdentity<Device>>
>();

// @ts-expect-error There is no such status.
void fleet.register("a", { status: "broken" });
// @ts-expect-error A number can't be compared with text.
void fleet.count({ "battery.lt": "low" });

declare const handle: Handle<Device>;

expectTypeOf(handle.metadata.status).toEqualTypeOf<"online" | "offline">();
void handle.update({ battery: undefined, at: { floor: 2 } });
// @ts-expect-error There is no such field.
void handle.update({ colour: "red" });

declare const untyped: Handle;

void untyped.update({ anything: { at: [1, null], gone: undefined } });

interface Sql {
  query(text: string): Promise<void>;
}

declare const transactional: Fleet<Device, Device, Sql>;

void transactional.register(
  "a",
  { status: "online" },
  {
    onMessage(_message, { transaction }) {
      expectTypeOf(transaction).toEqualTypeOf<Sql | undefined>();
    },
  },
);
/** Whatever is written for any fleet takes one with a durability slot. */
expectTypeOf(transactional).toExtend<Fleet<Device>>();

const registry = memoryRegistry();
const plain = await openRegistry({ namespace: "a", registry });
const recording = await openRegistry({ namespace: "a", registry, outbox: memoryOutbox() });
declare const transaction: MemoryTransaction;

expectTypeOf<Parameters<typeof recording.multicast>[2]>().toEqualTypeOf<
  MulticastOptions<MemoryTransaction> | undefined
>();
void recording.multicast(null, "hi", { transaction });
void recording.multicast(null, "hi", {});
// @ts-expect-error What was meant to commit with a transaction is never sent without one.
void recording.multicast(null, "hi", { transaction: undefined });
// @ts-expect-error It is another store's.
void recording.multicast(null, "hi", { transaction: "begin" });
// @ts-expect-error There is no outbox.
void plain.multicast(null, "hi", { transaction });
/** Whatever is written for any fleet takes one with an outbox. */
expectTypeOf(recording).toExtend<Fleet>();

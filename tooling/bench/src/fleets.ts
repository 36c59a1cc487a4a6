/** Several processes of one namespace, simulated: fleets over one hub, each serving its share of the identities. */

import { memoryDurability, memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { type DeliveryGuarantee, type Fleet, openRegistry } from "@muster/core";
import { sensors } from "./documents.ts";
import { identityOf } from "./store.ts";

/** As many node addresses as the multicast scenarios send to. */
export const NODES = 20;

/** Registers in flight at once. */
const WAVE = 2_000;

/** Twenty processes that share one event loop and one heap wait for each other's collections too. */
export const PATIENT = { ttlMs: 1_800_000, sessionLeaseMs: 600_000, timeoutMs: 300_000, auditIntervalMs: 1_800_000 };

/** A payload of 100 bytes, as text. */
export const PAYLOAD: string = "x".repeat(100);

/** One of 1 KiB. */
export const KIB: string = "x".repeat(1_024);

/** Every so many messages {@link Receivers} calls `onCount`. */
const REPORTED = 4_096;

/** Counts deliveries and tells when as many as expected have come. */
export class Receivers {
  /** Called now and then, from inside a handler. */
  onCount: (() => void) | undefined;
  #received = 0;
  #expected = 0;
  #resolve: (() => void) | undefined;

  /** Starts again from 0; the promise resolves with the `count`-th message. */
  expect(count: number): Promise<void> {
    this.#received = 0;
    this.#expected = count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get received(): number {
    return this.#received;
  }

  /** Bound, so that it is a handler as it stands. */
  readonly count = (): void => {
    this.#received++;
    if (this.#received % REPORTED === 0) this.onCount?.();
    if (this.#received === this.#expected) this.#resolve?.();
  };
}

/** So many fleets that serve nobody yet, each with a node address of its own. */
export async function openFleets(
  count: number,
  { isDurable = false }: { readonly isDurable?: boolean } = {},
): Promise<readonly [Fleet, ...Fleet[]]> {
  const hub = memoryHub();
  const open = (): Promise<Fleet> =>
    openRegistry({
      namespace: "bench",
      registry: memoryRegistry({ hub }),
      messaging: memoryMessaging({ hub }),
      ...(isDurable ? { durability: memoryDurability({ hub }) } : {}),
      timing: PATIENT,
    });
  const first = await open();
  return [first, ...(await Promise.all(Array.from({ length: count - 1 }, open)))];
}

/** Registers `size` sensors, spread evenly over the fleets, each with a receiver that counts. */
export async function registerAll(
  fleets: readonly [Fleet, ...Fleet[]],
  size: number,
  receivers: Receivers,
): Promise<void> {
  const documents = sensors(size);
  for (let start = 0; start < size; start += WAVE) {
    const wave = documents.slice(start, start + WAVE).map(async (metadata, offset) => {
      const index = start + offset;
      const fleet = fleets[index % fleets.length] ?? fleets[0];
      await fleet.register(identityOf(index), metadata, { onMessage: receivers.count });
    });
    await Promise.all(wave);
  }
}

/** Sends to everyone through `fleet` and waits for the last receiver; what the report and the receivers say. */
export async function multicastToAll(
  fleet: Fleet,
  size: number,
  receivers: Receivers,
  delivery: DeliveryGuarantee = "at-most-once",
): Promise<string> {
  const everyone = receivers.expect(size);
  const { deliveredCount, targetCount } = await fleet.multicast(null, PAYLOAD, { delivery });
  if (deliveredCount === size) await everyone;
  return `${deliveredCount} of ${targetCount} delivered, ${receivers.received} received`;
}

export async function closeAll(fleets: readonly Fleet[]): Promise<void> {
  await Promise.all(fleets.map((fleet) => fleet.close({ leave: "offline" })));
}

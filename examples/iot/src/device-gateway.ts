/** Serves devices: keeps them registered, and does what they are told. */

import type { Fleet, Handle, Message, Receipt } from "@muster/core";
import type { Slots } from "./composition.ts";
import type { Devices } from "./devices.ts";
import { openFleet } from "./fleet.ts";
import type { Account, Command, Deed, Gateway } from "./gateway.ts";
import type { Device } from "./schema.ts";

/** Below it a device would not survive an update. */
const LEAST_BATTERY = 0.1;

export class DeviceGateway implements Gateway, AsyncDisposable {
  readonly #fleet: Fleet<Device>;
  readonly #deeds = new Map<string, Deed[]>();
  #isStalling = false;
  #isStuck = false;

  private constructor(fleet: Fleet<Device>) {
    this.#fleet = fleet;
  }

  static async open(slots: Slots): Promise<DeviceGateway> {
    return new DeviceGateway(await openFleet(slots));
  }

  async connect(devices: Devices): Promise<void> {
    for (const [identity, asBuilt] of Object.entries(devices)) {
      const known = await this.#fleet.get(identity); // From before its process ended, killed or not.
      const handle = await this.#fleet.register(identity, known?.metadata ?? asBuilt, { replace: known !== undefined });
      await handle.attach((message) => this.#handle(handle, message));
    }
  }

  async stall(): Promise<void> {
    this.#isStalling = true;
  }

  async isStuck(): Promise<boolean> {
    return this.#isStuck;
  }

  async deeds(messageId: string): Promise<readonly Deed[]> {
    return this.#deeds.get(messageId) ?? [];
  }

  async account(messageId: string): Promise<Account> {
    const report = await this.#fleet.report(messageId);
    const receipts: Receipt[] = [];
    for await (const receipt of this.#fleet.deliveries(messageId)) receipts.push(receipt);
    return { report, receipts };
  }

  async switchOff(): Promise<void> {
    await this.#fleet.close({ leave: "offline" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }

  async #handle(handle: Handle<Device>, message: Message): Promise<void> {
    if (this.#isStalling) {
      this.#isStuck = true;
      await new Promise<never>(() => {});
    }
    const patch = obey(handle.metadata, message);
    if (patch === undefined) return;
    await handle.update({ ...patch, last_seen: new Date().toISOString() });
    const deed: Deed = { device: handle.identity, attempt: message.attempt };
    this.#deeds.set(message.id, [...(this.#deeds.get(message.id) ?? []), deed]);
  }
}

/** What is another with it afterwards; nothing when the device refuses, for good. */
function obey(device: Device, message: Message): Partial<Device> | undefined {
  const order = message.json() as Command; // Nothing else is sent.
  if (order.command === "reboot") return { reboots: (device.reboots ?? 0) + 1 };
  if (device.battery_level >= LEAST_BATTERY) return { firmware_version: order.firmware_version };
  message.reject(`battery at ${Math.round(device.battery_level * 100)} %`);
  return undefined;
}

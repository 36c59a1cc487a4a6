/** A process that serves devices, as whoever talks to it sees it: in this process or in another. */

import type { MulticastReport, Receipt } from "@muster/core";
import type { Devices } from "./devices.ts";

/** What the operator sends. */
export type Command =
  | { readonly command: "update"; readonly firmware_version: string }
  | { readonly command: "reboot" };

/** One thing that a device has done. */
export interface Deed {
  readonly device: string;
  /** Above 1: it had been tried before. */
  readonly attempt: number;
}

/** What a multicast has come to, whoever sent it. */
export interface Account {
  readonly report: MulticastReport;
  readonly receipts: readonly Receipt[];
}

/** Every answer is data, so that it can cross between processes. */
export interface Gateway {
  /** Resolves when commands reach the devices; what has been kept for them comes at once. */
  connect(devices: Devices): Promise<void>;
  /** From now on no device of it finishes what it is told. */
  stall(): Promise<void>;
  /** Whether a device has a command in its hands that it won't finish. */
  isStuck(): Promise<boolean>;
  /** What its devices have done, to the end, because of that message. */
  deeds(messageId: string): Promise<readonly Deed[]>;
  account(messageId: string): Promise<Account>;
  /** In order: its devices stay registered, and are offline until they are there again. */
  switchOff(): Promise<void>;
}

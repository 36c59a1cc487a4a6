/** A day of a fleet of devices, told step by step; every step is checked. */

import type { Fleet, Receipt } from "@muster/core";
import { type Step, step } from "@muster/servers/demo";
import type { Command } from "./gateway.ts";
import type { Device } from "./schema.ts";
import type { Site } from "./site.ts";
import {
  accounting,
  deedLine,
  type DeviceFilter,
  finding,
  type Outcome,
  outcomeLater,
  receiptLine,
  sending,
  shown,
  told,
  until,
  weakest,
} from "./steps.ts";

export interface Cast {
  /** The operator's: serves no device. */
  readonly fleet: Fleet<Device>;
  readonly portugal: Site;
  readonly norway: Site;
  /** Has one device, in a process of its own. */
  readonly van: Site;
}

/** How long the sender waits for a device that is killed meanwhile. */
const WAIT_MS = 5_000;

const UPDATE: Command = { command: "update", firmware_version: "1.10.0" };
const REBOOT: Command = { command: "reboot" };

const OUTDATED_NEAR_LISBON: DeviceFilter = {
  "location.near": { lat: 38.72, lon: -9.14, radiusM: 25_000 },
  "firmware_version.lt": "1.10.0",
};
const OUTDATED_IN_NORWAY: DeviceFilter = {
  "location.within": { south: 57.9, west: 4.5, north: 71.3, east: 31.2 },
  "firmware_version.lt": "1.10.0",
};
const UPDATED_SENSORS: DeviceFilter = { device_type: "sensor", "firmware_version.gte": "1.10.0" };

const UPDATED: Outcome = {
  targets: 3,
  delivered: 2,
  pending: [],
  failed: ["sensor-alfama REJECTED: battery at 7 %"],
};
const SENSORS = ["sensor-belem", "sensor-frogner", "sensor-majorstuen", "tracker-7"];
const REBOOTED: Outcome = { targets: 4, delivered: 4, pending: [], failed: [] };

type Telling = AsyncGenerator<Step, void, undefined>;

export async function* story(cast: Cast): Telling {
  yield* gather(cast);
  const updateId = yield* update(cast);
  yield await weakest(
    cast.fleet,
    "Whose battery is low, the lowest first",
    { filter: { "battery_level.lt": 0.3 }, limit: 3 },
    { found: ["sensor-alfama", "valve-torshov", "sensor-faro"], total: 4 },
  );
  const rebootId = yield* reboot(cast);
  yield* lookBack(cast, updateId, rebootId);
}

async function* gather({ fleet, portugal, norway, van }: Cast): Telling {
  for (const site of [portugal, norway, van]) await site.start();
  yield await finding(fleet, "Eight devices register, in three processes", null, [
    ...["sensor-alfama", "sensor-belem", "sensor-faro", "sensor-frogner", "sensor-majorstuen"],
    ...["tracker-7", "valve-chiado", "valve-torshov"],
  ]);
  const old = ["sensor-alfama", "sensor-belem", "tracker-7"];
  yield await finding(fleet, "Who is near Lisbon, with firmware before 1.10.0", OUTDATED_NEAR_LISBON, old);
}

/** Gives the id of the first update. */
async function* update({ fleet, van }: Cast): AsyncGenerator<Step, string, undefined> {
  await van.switchOff();
  await until(async () => (await fleet.count({ $attached: false })) === 1);
  const [id, sent] = await sending(
    fleet,
    "They are sent the update, while the van is switched off",
    { filter: OUTDATED_NEAR_LISBON, command: UPDATE },
    { ...UPDATED, delivered: 1, pending: ["tracker-7"] },
  );
  yield sent;

  await van.start();
  const now = await outcomeLater(fleet, id, 0);
  yield step("The van is back, and its tracker has the update", told(now), { ...now }, { ...UPDATED });

  const everyone: Outcome = { targets: 2, delivered: 2, pending: [], failed: [] };
  const inNorway = { filter: OUTDATED_IN_NORWAY, command: UPDATE };
  yield (await sending(fleet, "The same for Norway, a box on the map", inNorway, everyone))[1];
  const left = ["sensor-alfama", "sensor-faro"];
  yield await finding(fleet, "Who is left before 1.10.0", { "firmware_version.lt": "1.10.0" }, left);
  return id;
}

/** Gives its id. */
async function* reboot({ fleet, van }: Cast): AsyncGenerator<Step, string, undefined> {
  const receipts: Receipt[] = [];
  const onReceipts = (page: readonly Receipt[]): void => void receipts.push(...page);
  await van.gateway.stall();
  const [{ id }] = await Promise.all([
    fleet.multicast(UPDATED_SENSORS, REBOOT, { timeoutMs: WAIT_MS, onReceipts }),
    until(() => van.gateway.isStuck()).then(() => van.kill()),
  ]);
  const now = await outcomeLater(fleet, id, 1);
  yield step(
    "Updated sensors are told to reboot; the van is killed (SIGKILL) with the command in its hands",
    [...shown(UPDATED_SENSORS), ...receipts.map(receiptLine)],
    { ...now, receipts: receipts.map(({ identity }) => identity).toSorted() },
    { ...REBOOTED, delivered: 3, pending: ["tracker-7"], receipts: SENSORS },
  );

  await van.start();
  const later = await outcomeLater(fleet, id, 0);
  const facts = { ...later, deeds: await van.gateway.deeds(id), rebootedOnce: await fleet.count({ reboots: 1 }) };
  yield step("The van is back, and its tracker reboots", [...told(later), ...facts.deeds.map(deedLine)], facts, {
    ...REBOOTED,
    deeds: [{ device: "tracker-7", attempt: 2 }],
    rebootedOnce: 4,
  });
  return id;
}

async function* lookBack({ norway }: Cast, updateId: string, rebootId: string): Telling {
  yield accounting("The first update, as the process in Norway reads it", await norway.gateway.account(updateId), {
    ...UPDATED,
    receipts: ["sensor-alfama failed REJECTED", "sensor-belem delivered", "tracker-7 delivered"],
  });
  yield accounting("The reboot, as it reads that", await norway.gateway.account(rebootId), {
    ...REBOOTED,
    receipts: SENSORS.map((identity) => `${identity} delivered`),
  });
}

import {
  memoryDurability,
  memoryFaults,
  type MemoryHub,
  memoryHub,
  memoryMessaging,
  memoryRegistry,
} from "@muster/backend-memory";
import type { Step } from "@muster/servers/demo";
import { expect, it } from "vitest";
import { DeviceGateway } from "../src/device-gateway.ts";
import { DEVICES } from "../src/devices.ts";
import { openFleet } from "../src/fleet.ts";
import type { GatewayLife } from "../src/gateway-life.ts";
import { Site } from "../src/site.ts";
import { type Cast, story } from "../src/story.ts";

function slots(hub: MemoryHub, faults = memoryFaults()) {
  const client = { hub, faults };
  return {
    registry: memoryRegistry(client),
    messaging: memoryMessaging(client),
    durability: memoryDurability(client),
  };
}

/** In this process; one that is killed stays silent. */
async function startGateway(hub: MemoryHub): Promise<GatewayLife> {
  const faults = memoryFaults();
  const gateway = await DeviceGateway.open(slots(hub, faults));
  const kill = async (): Promise<void> => faults.stop();
  return Object.assign(gateway, { kill });
}

/** Tells it on memory, until `last` says that it has heard enough. */
async function hear(last: (cast: Cast, step: Step) => Promise<boolean>): Promise<readonly Step[]> {
  const hub = memoryHub();
  await using fleet = await openFleet(slots(hub));
  const start = (): Promise<GatewayLife> => startGateway(hub);
  await using portugal = new Site(DEVICES.portugal, start);
  await using norway = new Site(DEVICES.norway, start);
  await using van = new Site(DEVICES.van, start);
  const cast = { fleet, portugal, norway, van };
  const steps: Step[] = [];
  for await (const step of story(cast)) {
    steps.push(step);
    if (await last(cast, step)) break;
  }
  return steps;
}

it("comes true on memory, as it does on servers", { timeout: 60_000 }, async () => {
  const steps = await hear(async () => false);
  expect(steps.filter(({ disagreements }) => disagreements.length > 0)).toEqual([]);
  expect(steps).toHaveLength(11);
});

it("notices a device that has moved away", async () => {
  const [, second] = await hear(async ({ fleet }, { title }) => {
    if (!title.startsWith("Eight devices")) return true;
    await fleet.unregister("sensor-belem");
    return false;
  });
  expect(second?.disagreements).toEqual([
    'found: ["sensor-alfama","tracker-7"] instead of ["sensor-alfama","sensor-belem","tracker-7"]',
  ]);
});

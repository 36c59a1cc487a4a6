import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import type { Step } from "@muster/servers/demo";
import { expect, it } from "vitest";
import { story } from "../src/story.ts";
import { System } from "../src/system.ts";

async function openSystem(): Promise<System> {
  const hub = memoryHub();
  return await System.open("services", () => ({
    registry: memoryRegistry({ hub }),
    messaging: memoryMessaging({ hub }),
  }));
}

it("comes true on memory, as it does on servers", { timeout: 40_000 }, async () => {
  await using system = await openSystem();
  const steps: Step[] = [];
  for await (const step of story(system)) steps.push(step);
  expect(steps.filter(({ disagreements }) => disagreements.length > 0)).toEqual([]);
  expect(steps).toHaveLength(8);
});

it("notices who should not be there", async () => {
  await using system = await openSystem();
  await system.control.register("payment-0", {
    service_name: "payment",
    version: "0.1.0",
    endpoint: "10.1.0.0:8080",
    region: "eu",
    health_status: "unhealthy",
    capabilities: [],
    load: 0,
  });
  const first = await story(system).next();
  expect(first.value?.disagreements).toEqual([expect.stringContaining('found: ["payment-0","payment-4"')]);
});

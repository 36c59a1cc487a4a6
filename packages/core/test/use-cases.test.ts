import type { FilterInput, Metadata } from "@muster/filter";
import { describe, expect, test } from "vitest";
import type { SchemaDefinition } from "../src/schema/definition.ts";
import { eventually } from "./support/eventually.ts";
import { Fleets } from "./support/fleets.ts";

/** One of RFC-017's use cases, with its schema, its registrations and its filters as they stand there. */
interface UseCase {
  readonly name: string;
  readonly schema: SchemaDefinition;
  readonly registrations: Readonly<Record<string, Metadata>>;
  /** Whom each filter selects. */
  readonly filters: readonly (readonly [FilterInput, readonly string[]])[];
}

const service = { service_name: "payment-service", endpoint: "http://" + "10.1.2.42:8080", capabilities: ["paypal"] };
const sensor = {
  device_type: "sensor",
  location: { lat: 37.7749, lon: -122.4194 },
  capabilities: ["temperature", "humidity"],
};
const user = { current_room: "engineering", client_version: "web-2.0" };

const useCases: readonly UseCase[] = [
  {
    name: "microservice coordination",
    schema: {
      service_name: "string",
      version: "semver",
      endpoint: "string",
      health_status: "enum[healthy, degraded, unhealthy]",
      capabilities: "array[string]",
    },
    registrations: {
      "payment-service-instance-42": { ...service, version: "2.3.1", health_status: "healthy" },
      "payment-service-instance-43": { ...service, version: "10.0.0", health_status: "degraded" },
      "search-1": { service_name: "search", version: "1.9", health_status: "healthy", capabilities: ["credit-card"] },
      unnamed: { health_status: "unhealthy" },
    },
    filters: [
      [{ service_name: "payment-service", health_status: "healthy" }, ["payment-service-instance-42"]],
      [{ service_name: "*" }, ["payment-service-instance-42", "payment-service-instance-43", "search-1"]],
      [{ "version.gte": "2.0" }, ["payment-service-instance-42", "payment-service-instance-43"]],
      [{ "capabilities.contains": "credit-card" }, ["search-1"]],
      [{ "endpoint.contains": "prod" }, []],
      [{ $and: [{ health_status: "healthy" }, { "version.gte": "2.0" }] }, ["payment-service-instance-42"]],
    ],
  },
  {
    name: "IoT command and control",
    schema: {
      device_id: "string",
      device_type: "enum[sensor, actuator, gateway]",
      location: "geo_point",
      firmware_version: "string",
      battery_level: "float",
      last_seen: "timestamp",
    },
    registrations: {
      "sensor-temp-floor2-room5": { ...sensor, firmware_version: "1.0.3", battery_level: 0.78 },
      "sensor-hq": {
        ...sensor,
        location: { ...sensor.location, building: "HQ" },
        firmware_version: "2.0",
        battery_level: 0.1,
      },
      "gateway-1": { device_type: "gateway", firmware_version: "1.1" },
    },
    filters: [
      [{ "location.building": "HQ", "battery_level.lt": 0.2 }, ["sensor-hq"]],
      [{ "firmware_version.startswith": "1.0" }, ["sensor-temp-floor2-room5"]],
      [
        { $or: [{ device_type: "sensor" }, { device_type: "gateway" }] },
        ["gateway-1", "sensor-hq", "sensor-temp-floor2-room5"],
      ],
      [{ "metadata.exists": "location" }, ["sensor-hq", "sensor-temp-floor2-room5"]],
    ],
  },
  {
    name: "presence",
    schema: {
      user_id: "string",
      display_name: "string",
      status: "enum[online, away, busy, offline]",
      current_room: "string",
      client_version: "string",
      last_activity: "timestamp",
    },
    registrations: {
      "user-alice-session-abc123": { ...user, user_id: "alice", display_name: "Alice", status: "online" },
      "user-bob-session-2": { ...user, user_id: "bob", display_name: "Bob", status: "away" },
      "user-eve-session-3": { ...user, user_id: "eve", current_room: "lobby", status: "online" },
    },
    filters: [
      [{ current_room: "engineering", status: "online" }, ["user-alice-session-abc123"]],
      [{ current_room: "engineering" }, ["user-alice-session-abc123", "user-bob-session-2"]],
    ],
  },
  {
    name: "agent pools",
    schema: {
      agent_id: "string",
      agent_type: "enum[cpu, gpu, memory]",
      available_resources: "object",
      current_tasks: "int",
      max_tasks: "int",
      tags: "array[string]",
    },
    registrations: {
      "agent-1": { agent_type: "gpu", available_resources: { memory: 16 }, current_tasks: 1, tags: ["batch"] },
      "agent-2": { agent_type: "cpu", available_resources: { memory: 64 }, current_tasks: 0, tags: [] },
    },
    filters: [
      [{ "tags.contains": "batch" }, ["agent-1"]],
      [{ "available_resources.memory.gte": 32, "current_tasks.lt": 1 }, ["agent-2"]],
    ],
  },
];

describe.each(useCases)("RFC-017's $name", ({ schema, registrations, filters }) => {
  test("registers, enumerates and multicasts as it is written there", async () => {
    await using fleets = new Fleets();
    const timing = { sessionLeaseMs: 5_000, ttlMs: 30_000 };
    const [participants, sender] = await fleets.openTwo({ schema, timing });
    const received = new Map<string, string[]>();
    for (const [identity, metadata] of Object.entries(registrations)) {
      const texts: string[] = [];
      received.set(identity, texts);
      await participants.fleet.register(identity, metadata, {
        onMessage: (message) => void texts.push(message.text()),
      });
    }
    for (const [index, [filter, selected]] of filters.entries()) {
      const { identities } = await sender.fleet.enumerate(filter);
      expect(identities.map(({ identity }) => identity)).toEqual(selected);
      const report = await sender.fleet.multicast(filter, String(index));
      expect(report).toMatchObject({ targetCount: selected.length, deliveredCount: selected.length });
    }
    await sender.fleet.multicast(null, "last");
    await eventually("everyone has the last message", () =>
      [...received.values()].every((texts) => texts.at(-1) === "last"),
    );
    for (const [identity, texts] of received) {
      const meant = filters.flatMap(([, selected], index) => (selected.includes(identity) ? [String(index)] : []));
      expect(texts).toEqual([...meant, "last"]);
    }
  });
});

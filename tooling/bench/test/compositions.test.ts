import { expect, test } from "vitest";
import { compositionOf } from "../src/compositions.ts";

test.each([
  ["redis", { registry: "redis", messaging: "redis", durability: "redis" }],
  ["redis+nats", { registry: "redis", messaging: "nats", durability: "nats" }],
  ["postgres+kafka", { registry: "postgres", messaging: "kafka", durability: "kafka" }],
  ["redis+nats+postgres", { registry: "redis", messaging: "nats", durability: "postgres" }],
  ["sqlite", { registry: "sqlite", durability: "sqlite" }],
  ["sqlite+nats", { registry: "sqlite", messaging: "nats", durability: "nats" }],
])("%s fills each slot with what is named for it, or else with the last that can", (name, slots) => {
  expect(compositionOf(name)).toEqual({ name, slots });
});

test("memory has no servers", () => {
  expect(compositionOf("memory")).toEqual({ name: "memory" });
});

test.each([
  ["mysql", '"mysql" is nothing that fills the registry slot'],
  ["rabbitmq", '"rabbitmq" is nothing that fills the registry slot'],
  ["redis+sqlite", '"sqlite" is nothing that fills the messaging slot'],
  ["redis+memory", '"memory" is nothing that fills the messaging slot'],
  ["redis+", '"" is nothing that fills the messaging slot'],
  ["redis+nats+nats+nats", "more than 3 slots"],
])("%s is refused with the reason and with what there is", (name, reason) => {
  expect(() => compositionOf(name)).toThrow(reason);
  expect(() => compositionOf(name)).toThrow("registry: redis, postgres, nats, sqlite");
});

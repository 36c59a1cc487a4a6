import { memoryDurability, memoryFaults, memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { OpenOptions } from "../src/configuration.ts";
import { openRegistry } from "../src/open-registry.ts";
import { rejected } from "./support/codes.ts";
import { eventually } from "./support/eventually.ts";
import { Fleets, TIMING } from "./support/fleets.ts";
import { interposed } from "./support/interposed.ts";

/** What JavaScript callers can hand in. */
function misconfigured(options: object): OpenOptions {
  return options as OpenOptions; // The point of these tests.
}

test("every mistake in a configuration is listed at once", async () => {
  const options = misconfigured({
    namespace: "not a name",
    registry: {},
    messaging: 5,
    delivery: "twice",
    limits: { maxIdentities: -1, maxWishes: 3 },
    timing: { ttlMs: 0, sessionLeaseMs: "long" },
    onWarning: "console",
    registy: true,
  });
  const error = await rejected("CONFIG_INVALID", openRegistry(options));
  expect(error.detail.violations.map(({ path }) => path).toSorted()).toEqual(
    [
      "delivery",
      "limits.maxIdentities",
      "limits.maxWishes",
      "messaging",
      "namespace",
      "onWarning",
      "registry",
      "registy",
      "timing.sessionLeaseMs",
      "timing.ttlMs",
    ].toSorted(),
  );
});

test.each([[undefined], [null], ["iot"], [[]]])("options that are %s are CONFIG_INVALID", async (options) => {
  await rejected("CONFIG_INVALID", openRegistry(options as unknown as OpenOptions));
});

test("a schema's mistakes stand below its option", async () => {
  const options = misconfigured({
    namespace: "test",
    registry: memoryRegistry(),
    schema: { fields: { a: { type: "sting" } } },
  });
  const error = await rejected("CONFIG_INVALID", openRegistry(options));
  expect(error.detail.violations[0]?.path).toMatch(/^schema\.fields\.a/);
});

test("a default TTL above the longest allowed one is CONFIG_INVALID", async () => {
  const error = await rejected(
    "CONFIG_INVALID",
    openRegistry({ namespace: "test", registry: memoryRegistry(), limits: { maxTtlMs: 1_000 } }),
  );
  expect(error.detail.violations.map(({ path }) => path)).toEqual(["timing.ttlMs"]);
});

test("exactly-once is refused without a transactional durability slot, with the reason", async () => {
  const hub = memoryHub();
  const slots = { registry: memoryRegistry({ hub }), messaging: memoryMessaging({ hub }) };
  const error = await rejected("UNSUPPORTED", openRegistry({ namespace: "test", ...slots, delivery: "exactly-once" }));
  expect(error.detail).toEqual({ feature: "exactly-once" });
});

test("exactly-once is refused by a durability slot without transactions once it is open, and everything is closed", async () => {
  const hub = memoryHub();
  const registry = memoryRegistry({ hub });
  const durability = interposed(memoryDurability({ hub }), { transactions: () => undefined as never });
  const opening = openRegistry({ namespace: "test", registry, durability, delivery: "exactly-once" });
  expect((await rejected("UNSUPPORTED", opening)).message).toMatch(/memory has none/);
  await rejected("CLOSED", registry.census({ signal: new AbortController().signal }));
});

test.each(["at-most-once", "at-least-once", "exactly-once"] as const)(
  "%s is refused with nothing but a registry",
  async (delivery) => {
    await rejected("UNSUPPORTED", openRegistry({ namespace: "test", registry: memoryRegistry(), delivery }));
  },
);

test("when a slot can't be opened, those opened before are closed", async () => {
  const hub = memoryHub();
  const faults = memoryFaults();
  const registry = memoryRegistry({ hub });
  faults.down("broker");
  const messaging = memoryMessaging({ hub, faults });
  await rejected("UNAVAILABLE", openRegistry({ namespace: "test", registry, messaging }));
  await rejected("CLOSED", registry.census({ signal: new AbortController().signal }));
});

test("an aborted signal opens nothing", async () => {
  let opened = 0;
  const registry = interposed(memoryRegistry(), {
    open: (original) => async (scope, call) => {
      opened += 1;
      await original(scope, call);
    },
  });
  await rejected("ABORTED", openRegistry({ namespace: "test", registry, signal: AbortSignal.abort() }));
  expect(opened).toBe(0);
});

test("a schema given to openRegistry types and checks the metadata", async () => {
  await using fleet = await openRegistry({
    namespace: "test",
    registry: memoryRegistry(),
    schema: {
      fields: { status: { type: "enum", values: ["on", "off"], required: true }, level: { type: "int", default: 3 } },
    },
  });
  const handle = await fleet.register("a", { status: "on" });
  expect(handle.metadata).toEqual({ status: "on", level: 3 });
  const error = await rejected("INVALID_METADATA", fleet.register("b", { status: "broken" as "on" }));
  expect(error.detail.violations.map(({ path }) => path)).toEqual(["status"]);
});

test("the status tells what this process is doing", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open();
  await fleet.register("a", {});
  expect(fleet.status()).toMatchObject({
    state: "open",
    serving: 1,
    route: "none",
    reaper: { held: false },
    dropped: 0,
  });
  expect(fleet.status().session).toMatchObject({ live: true });
  await fleet.register("b", {}, { onMessage: () => {} });
  expect(fleet.status()).toMatchObject({ serving: 2, route: "up" });
});

test("warnings go to process.emitWarning unless onWarning takes them", async () => {
  const hub = memoryHub();
  const faults = memoryFaults();
  const warnings: unknown[] = [];
  const listen = (warning: unknown): void => void warnings.push(warning);
  process.on("warning", listen);
  try {
    await using fleet = await openRegistry({
      namespace: "test",
      registry: memoryRegistry({ hub, faults }),
      timing: TIMING,
    });
    faults.down("store");
    await eventually("a warning", () => warnings.length > 0);
    expect(warnings[0]).toMatchObject({ name: "MusterWarning", code: "UNAVAILABLE" });
    faults.up("store");
    expect(fleet.status().state).toBe("open");
  } finally {
    process.off("warning", listen);
  }
});

/** A day in the life of two services, told step by step; every step is checked. */

import { setTimeout as delay } from "node:timers/promises";
import type { FilterInput } from "@muster/core";
import { type Step, step } from "@muster/servers/demo";
import type { Configuration } from "./instance.ts";
import { INSTANCES } from "./instances.ts";
import type { Service } from "./schema.ts";
import type { System } from "./system.ts";

/** Longest wait for anything; a healthy run never waits this long. */
const PATIENCE_MS = 20_000;
const POLL_MS = 20;

const TAKES_PAYPAL: FilterInput<Service> = { "capabilities.contains": "paypal", health_status: "healthy" };
const PAYMENT_IN_EUROPE: FilterInput<Service> = { service_name: "payment", region: "eu" };
const OUTDATED: FilterInput<Service> = { service_name: "payment", region: "eu", "config_version.lt": 8 };

const SEVEN: Configuration = { config_version: 7, feature_flags: ["new-checkout"] };
const EIGHT: Configuration = { config_version: 8, feature_flags: ["new-checkout", "express"] };

type Telling = AsyncGenerator<Step, void, undefined>;

export async function* story(system: System): Telling {
  yield* discover(system);
  yield* configure(system);
}

async function* discover(system: System): Telling {
  for (const [identity, metadata] of Object.entries(INSTANCES)) await system.start(identity, metadata);
  const all = ["payment-4", "payment-2", "search-1", "payment-1", "payment-3"];
  yield await finding(system, "Five instances of two services, by load", null, all);

  yield await finding(system, "Who takes PayPal and is healthy", TAKES_PAYPAL, ["payment-4", "payment-1"]);
  await system.instance("payment-4").report({ health_status: "unhealthy" });
  yield await finding(system, "payment-4 turns unhealthy and is out", TAKES_PAYPAL, ["payment-1"]);
  await system.instance("payment-3").report({ health_status: "healthy", load: 0.2 });
  yield await finding(system, "payment-3 recovers and is in, at the top", TAKES_PAYPAL, ["payment-3", "payment-1"]);
}

async function* configure(system: System): Telling {
  yield await broadcasting(system, "Configuration 7 goes to payment in Europe", PAYMENT_IN_EUROPE, SEVEN, {
    targets: 3,
    delivered: 3,
    failed: [],
    running: ["payment-1 at 7", "payment-2 at 7", "payment-3 at 7", "payment-4 at 0", "search-1 at 0"],
  });

  await system.instance("payment-2").pause();
  await until(async () => (await system.control.count({ $attached: false })) === 1);
  yield await broadcasting(system, "Configuration 8, while payment-2 is stopped", PAYMENT_IN_EUROPE, EIGHT, {
    targets: 3,
    delivered: 2,
    failed: ["payment-2 NO_ROUTE"],
    running: ["payment-1 at 8", "payment-2 at 7", "payment-3 at 8", "payment-4 at 0", "search-1 at 0"],
  });

  await system.start("payment-2", INSTANCES["payment-2"]);
  yield await broadcasting(system, "payment-2 is back: once more, to whoever is not at 8", OUTDATED, EIGHT, {
    targets: 1,
    delivered: 1,
    failed: [],
    running: ["payment-1 at 8", "payment-2 at 8", "payment-3 at 8", "payment-4 at 0", "search-1 at 0"],
  });

  await system.instance("payment-3").stop();
  yield await finding(system, "payment-3 is shut down and gone at once", TAKES_PAYPAL, ["payment-1"]);
}

/** What a gateway does for every request: the best one first. */
async function finding(
  { control }: System,
  title: string,
  filter: FilterInput<Service> | null,
  found: readonly string[],
): Promise<Step> {
  const { identities } = await control.enumerate(filter, { sortBy: ["load"] });
  const lines = identities.map(({ identity, metadata: { endpoint, region, version, health_status, load } }) =>
    [identity.padEnd(10), endpoint, region, version, health_status.padEnd(9), `load ${load}`].join("  "),
  );
  return step(
    title,
    [shown(filter), ...lines],
    { filter, found: identities.map(({ identity }) => identity) },
    { found },
  );
}

interface Broadcast {
  readonly targets: number;
  readonly delivered: number;
  /** Identity and code. */
  readonly failed: readonly string[];
  /** Everyone, with the version that it runs with. */
  readonly running: readonly string[];
}

async function broadcasting(
  system: System,
  title: string,
  filter: FilterInput<Service>,
  configuration: Configuration,
  expected: Broadcast,
): Promise<Step> {
  const { targetCount, deliveredCount, statuses } = await system.control.multicast(filter, configuration);
  const failed = statuses.map(({ identity, code = "" }) => `${identity} ${code}`).toSorted();
  const { config_version } = configuration;
  const updated = expected.running.filter((instance) => instance.endsWith(` at ${config_version}`));
  await until(async () => (await system.control.count({ config_version })) >= updated.length);
  const running: string[] = [];
  const flags: string[] = [];
  for await (const { identity, metadata } of system.control.identities(null, { projection: ["config_version"] })) {
    running.push(`${identity} at ${metadata.config_version}`);
    flags.push(`${identity}  ${metadata.config_version}  ${system.instance(identity).flags.join(", ")}`.trimEnd());
  }
  const report = `${deliveredCount} of ${targetCount} delivered`;
  const lines = [shown(filter), [report, ...failed.map((receipt) => `failed: ${receipt}`)].join("; "), ...flags];
  return step(
    title,
    lines,
    { filter, targets: targetCount, delivered: deliveredCount, failed, running },
    { ...expected },
  );
}

function shown(filter: FilterInput<Service> | null): string {
  return filter === null ? "everyone" : JSON.stringify(filter);
}

/** Resolves as soon as it is so, or when patience is at its end: what is wrong then shows in the step. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < end) await delay(POLL_MS);
}

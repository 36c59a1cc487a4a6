/** What the operator of the fleet looks at and sends, each as a step of the story. */

import { setTimeout as delay } from "node:timers/promises";
import type { FilterInput, Fleet, MulticastReport, Receipt, RegisteredIdentity } from "@muster/core";
import { type Step, step } from "@muster/servers/demo";
import type { Account, Command, Deed } from "./gateway.ts";
import type { Device } from "./schema.ts";

/** Longest wait for anything; a healthy run never waits this long. */
const PATIENCE_MS = 20_000;
const POLL_MS = 50;

export type DeviceFilter = FilterInput<Device>;

/** What has become of a command. */
export interface Outcome {
  readonly targets: number;
  readonly delivered: number;
  readonly pending: readonly string[];
  /** Identity, code and reason. */
  readonly failed: readonly string[];
}

/** Whoever matches, by identity. */
export async function finding(
  fleet: Fleet<Device>,
  title: string,
  filter: DeviceFilter | null,
  found: readonly string[],
): Promise<Step> {
  const devices: RegisteredIdentity<Device>[] = [];
  for await (const device of fleet.identities(filter)) devices.push(device);
  const lines = [...shown(filter), ...devices.map(lineOf)];
  return step(title, lines, { filter, found: devices.map(({ identity }) => identity) }, { found });
}

/** The first `limit` of those who match, and how many there are. */
export async function weakest(
  fleet: Fleet<Device>,
  title: string,
  { filter, limit }: { readonly filter: DeviceFilter; readonly limit: number },
  expected: { readonly found: readonly string[]; readonly total: number },
): Promise<Step> {
  const page = await fleet.enumerate(filter, { sortBy: ["battery_level"], limit, count: true });
  const found = page.identities.map(({ identity }) => identity);
  const lines = [...shown(filter), ...page.identities.map(lineOf), `the lowest ${found.length} of ${page.totalCount}`];
  return step(title, lines, { filter, found, total: page.totalCount }, { ...expected });
}

/** Resolves when everyone who is there has done it, or refused; the id is for whoever wants to know later. */
export async function sending(
  fleet: Fleet<Device>,
  title: string,
  { filter, command }: { readonly filter: DeviceFilter; readonly command: Command },
  expected: Outcome,
): Promise<readonly [id: string, step: Step]> {
  const report = await fleet.multicast(filter, command, { timeoutMs: PATIENCE_MS });
  const outcome = outcomeOf(report);
  return [report.id, step(title, [...shown(filter), ...told(outcome)], { filter, ...outcome }, { ...expected })];
}

/** What has become of it by now, once nobody is pending but those who are expected to be. */
export async function outcomeLater(fleet: Fleet<Device>, id: string, stillPending: number): Promise<Outcome> {
  await until(async () => (await fleet.report(id)).pendingCount <= stillPending);
  return outcomeOf(await fleet.report(id));
}

/** The same, as another process than the sender's reads it: the counts, and a receipt for everyone. */
export function accounting(
  title: string,
  { report, receipts }: Account,
  expected: Outcome & { readonly receipts: readonly string[] },
): Step {
  const outcome = outcomeOf(report);
  const names = receipts.map(({ identity, status, code }) => [identity, status, code ?? ""].join(" ").trimEnd());
  const lines = [`${outcome.delivered} of ${outcome.targets} delivered`, ...receipts.map(receiptLine)];
  return step(title, lines, { ...outcome, receipts: names }, { ...expected });
}

function outcomeOf({ targetCount, deliveredCount, statuses }: MulticastReport): Outcome {
  const failed = statuses.filter(({ status }) => status === "failed" || status === "timeout");
  const pending = statuses.filter(({ status }) => status === "pending");
  return {
    targets: targetCount,
    delivered: deliveredCount,
    pending: pending.map(({ identity }) => identity).toSorted(),
    failed: failed.map(({ identity, code = "", reason = "" }) => `${identity} ${code}: ${reason}`).toSorted(),
  };
}

/** In sentences. */
export function told({ targets, delivered, pending, failed }: Outcome): readonly string[] {
  return [
    `${delivered} of ${targets} delivered`,
    ...pending.map((identity) => `pending: ${identity}`),
    ...failed.map((receipt) => `failed: ${receipt}`),
  ];
}

export function receiptLine({ identity, status, code, reason }: Receipt): string {
  return [`${identity.padEnd(19)}${status}`, code, reason].filter((part) => part !== undefined).join("  ");
}

export function deedLine({ device, attempt }: Deed): string {
  return `${device}, at try ${attempt}`;
}

export function shown(filter: DeviceFilter | null): readonly string[] {
  return filter === null ? [] : [JSON.stringify(filter)];
}

/** Resolves as soon as it is so, or when patience is at its end: what is wrong then shows in the step. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < end) await delay(POLL_MS);
}

function lineOf({ identity, metadata, attached }: RegisteredIdentity<Device>): string {
  const { location, firmware_version, battery_level, status } = metadata;
  return [
    identity.padEnd(18),
    `${location.lat}, ${location.lon}`.padEnd(15),
    firmware_version.padEnd(11),
    `${Math.round(battery_level * 100)} %`.padStart(4),
    attached ? status : "offline",
  ].join(" ");
}

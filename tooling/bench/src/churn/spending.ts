/** What a settlement costs the machine between two looks at it, as rows. */

import { type Row, rowOf } from "../scenario.ts";
import type { ServerCosts } from "../server-watch.ts";
import type { Settlement } from "./settlement.ts";
import { sumOf } from "../statistics.ts";

const MEGABYTE = 1_048_576;

/** At one moment, since the start. */
export interface Spent {
  readonly at: number;
  /** Of the population's processes. */
  readonly members: { readonly cpuMs: number; readonly memoryBytes: number };
  /** Of the process that asks. */
  readonly asking: { readonly cpuMs: number };
  /** By kind. */
  readonly servers: ReadonlyMap<string, ServerCosts>;
}

export async function spentBy({ members, watches, isLocal }: Settlement): Promise<Spent> {
  const each = await Promise.all(members.map((member) => member.spent()));
  const { user, system } = process.cpuUsage();
  const servers = await Promise.all(
    watches.map(async (watch): Promise<[string, ServerCosts]> => [watch.kind, await watch.read()]),
  );
  return {
    at: performance.now(),
    members: { cpuMs: sumOf(each.map(({ cpuMs }) => cpuMs)), memoryBytes: sumOf(each.map((one) => one.memoryBytes)) },
    asking: { cpuMs: isLocal ? 0 : (user + system) / 1_000 },
    servers: new Map(servers),
  };
}

/** Processors that were busy in between, by whom. */
export function coreRows(name: string, before: Spent, after: Spent): readonly Row[] {
  const lasted = after.at - before.at;
  const parts: readonly (readonly [string, number])[] = [
    ["of the population's processes", after.members.cpuMs - before.members.cpuMs],
    ["of the one that asks", after.asking.cpuMs - before.asking.cpuMs],
    ...[...after.servers].map(([kind, { cpuMs }]): [string, number] => [
      `of ${kind}`,
      cpuMs - (before.servers.get(kind)?.cpuMs ?? 0),
    ]),
  ];
  return [
    rowOf(name, "", [sumOf(parts.map(([, cpuMs]) => cpuMs)) / lasted]),
    ...parts.map(([whose, cpuMs]) => rowOf(`… cores ${whose}`, "", [cpuMs / lasted])),
  ];
}

/** What went to each server and came from it in a second, where it tells. */
export function trafficRows(before: Spent, after: Spent): readonly Row[] {
  const seconds = (after.at - before.at) / 1_000;
  return [...after.servers].flatMap(([kind, costs]) => {
    const earlier = before.servers.get(kind);
    const rate = (name: "inBytes" | "outBytes" | "commands", unit: "MB/s" | "/s", label: string): readonly Row[] => {
      const [now, then] = [costs[name], earlier?.[name]];
      if (now === undefined || then === undefined) return [];
      return [rowOf(label, unit, [(now - then) / seconds / (unit === "/s" ? 1 : MEGABYTE)])];
    };
    return [
      ...rate("inBytes", "MB/s", `… to ${kind}`),
      ...rate("outBytes", "MB/s", `… from ${kind}`),
      ...rate("commands", "/s", `… ${kind === "redis" ? "commands" : "transactions"} of ${kind}`),
    ];
  });
}

/** @param before anybody was registered. @param filled when all were. @param after the load. */
export function memoryRows(
  size: number,
  { before, filled, after }: Record<"before" | "filled" | "after", Spent>,
): readonly Row[] {
  const each = (bytes: number): number => Math.max(0, bytes) / size;
  return [
    rowOf("memory of the population's processes", "MB", [after.members.memoryBytes / MEGABYTE]),
    rowOf("… that an identity took there", "B", [each(filled.members.memoryBytes - before.members.memoryBytes)]),
    ...[...after.servers].flatMap(([kind, costs]) => {
      const [empty, full] = [before.servers.get(kind), filled.servers.get(kind)];
      const took = (full?.storedBytes ?? Number.NaN) - (empty?.storedBytes ?? Number.NaN);
      return [
        rowOf(`memory of ${kind}`, "MB", [costs.memoryBytes / MEGABYTE]),
        rowOf("… that an identity took there", "B", [each((full?.memoryBytes ?? 0) - (empty?.memoryBytes ?? 0))]),
        ...(Number.isNaN(took) ? [] : [rowOf("… by its own account", "B", [each(took)])]),
      ];
    }),
  ];
}

/** Compares what the store says this session serves with what this process knows: neither may know more. */

import type { Host } from "../host.ts";
import type { Served } from "./served.ts";
import type { Call, Route } from "../slots/index.ts";
import { TimeSlice } from "../tasks/time-slice.ts";

const PAGE = 1_000;

/**
 * Deletes what stands there and nobody here asked for, except what is being registered right now, and tells the handles
 * whose registration is gone.
 *
 * @throws what the registry throws.
 */
async function audit(host: Host, call: Call): Promise<void> {
  const session = host.session.id;
  const thisAudit = {};
  for await (const page of host.registry.scanRoutes({ session, pageSize: PAGE }, call)) {
    for (const route of page) {
      const served = host.served.get(route.identity);
      if (served !== undefined) served.metBy = thisAudit;
    }
    const unknown = page.filter((route) => isUnknown(host, route));
    if (unknown.length > 0)
      await host.registry.deleteMany(
        unknown.map(({ identity, epoch }) => ({ identity, epoch })),
        call,
      );
  }
  for await (const missing of notMet(host, session, thisAudit)) await report(host, missing, call);
}

/** What this session serves and the audit has not met, in pages. */
async function* notMet(host: Host, session: string, audit: object): AsyncGenerator<readonly Served[], void, undefined> {
  const slice = new TimeSlice();
  let page: Served[] = [];
  for (const served of host.served.all()) {
    if (served.session === session && served.metBy !== audit) page.push(served);
    const rest = slice.step();
    if (rest !== undefined) await rest;
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function isUnknown({ served, session }: Host, { identity, epoch, session: owner }: Route): boolean {
  return owner === session.id && !served.isPending(identity) && served.get(identity)?.epoch !== epoch;
}

/** A second look: a scan is no snapshot. */
async function report(host: Host, missing: readonly Served[], call: Call): Promise<void> {
  const before = missing.map((served) => served.epoch);
  const records = await host.registry.getMany(
    missing.map((served) => served.options.identity),
    call,
  );
  for (const [index, served] of missing.entries()) {
    const record = records[index];
    const hasChanged = served.epoch !== before[index];
    if (!hasChanged && record?.epoch !== served.epoch) host.lose(served, record === undefined ? "expired" : "fenced");
  }
}

/** Audits every `auditIntervalMs`; failures are warned of, and the next audit comes all the same. */
export function auditRegularly(host: Host): void {
  const { auditIntervalMs, timeoutMs } = host.timing;
  host.agenda.after(auditIntervalMs, () => {
    host.background.run("core.audit", timeoutMs, async (call) => {
      if (host.session.live) await audit(host, call);
    });
    auditRegularly(host);
  });
}

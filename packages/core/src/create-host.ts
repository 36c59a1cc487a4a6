/** Puts together what the verbs of one fleet share. No I/O happens here. */

import { randomBytes } from "node:crypto";
import { Agenda } from "./tasks/agenda.ts";
import { Background } from "./tasks/background.ts";
import { Gate } from "./call.ts";
import type { Configuration } from "./configuration.ts";
import type { FleetStatus } from "./fleet-status.ts";
import { createBatches, type Host, undoAttempt } from "./host.ts";
import { keptShapes } from "./life/kept-shapes.ts";
import { DurableReceiver } from "./receiving/durable/durable-receiver.ts";
import { Limiter } from "./tasks/limiter.ts";
import { lose } from "./life/lose.ts";
import { Relay } from "./relaying/relay.ts";
import { openNode, type ReceivingNode } from "./receiving/node.ts";
import { type OutageGuard, outageGuard, steadyNow } from "./life/outage-guard.ts";
import { RouteWatch } from "./life/route-watch.ts";
import { ReceiptDesk } from "./sending/durable/receipt-desk.ts";
import { ServedTable } from "./life/served.ts";
import { Session } from "./life/session.ts";
import { sessionDirectory } from "./life/session-directory.ts";
import type { MusterError } from "./slots/index.ts";
import { status } from "./status.ts";

const MAX_RESTORES = 200;

/** A host, and what only opening, closing and `status` look at. */
export interface Assembly {
  readonly host: Host;
  readonly guard: OutageGuard;
  readonly route: RouteWatch;
  /** Absent: none is to run here. */
  readonly relay: Relay | undefined;
  /** Only to be held. */
  readonly shapes: readonly unknown[];
  status(): FleetStatus;
}

export function createHost(configuration: Configuration): Assembly {
  const { registry, durability, timing, warn } = configuration;
  const guard = outageGuard(durability === undefined ? timing.ttlMs : Math.max(timing.ttlMs, timing.queueGraceMs));
  const background = new Background(warn);
  const agenda = new Agenda();
  const here = randomBytes(12).toString("base64url");
  let attempts = 0;
  let dropped = 0;

  const receipts = new ReceiptDesk();
  const node: ReceivingNode | undefined = createNode(configuration, {
    onReplaced(identity, epoch) {
      const served = host.served.get(identity);
      if (served?.epoch === epoch) host.lose(served, "replaced");
    },
    onBell: () => durable?.ring(),
    onReceipts: (frame) => receipts.hear(frame),
    onRoute(state) {
      if (state === "up") durable?.ring(); // Bells may have been lost.
      if (!route.change(state)) return;
      for (const served of host.served.all()) served.events.emit(state === "up" ? "routeUp" : "routeDown", undefined);
    },
  });
  const session = new Session({
    registry,
    leaseMs: timing.sessionLeaseMs,
    address: node?.address,
    onDead(id) {
      for (const served of host.served.all()) if (served.session === id) host.lose(served, "expired");
    },
    onFailure: (error) => noteOutage(guard, error),
  });
  const route = new RouteWatch(session, timing.sessionLeaseMs);
  const durable =
    durability === undefined
      ? undefined
      : new DurableReceiver({ ...configuration, durability, session, agenda, background });
  const batches = createBatches(registry, timing.timeoutMs, ({ identity, attempt }) =>
    undoAttempt(host, identity, attempt),
  );

  const host: Host = {
    ...configuration,
    node,
    receipts,
    runs: new Map(),
    session,
    batches,
    durable,
    background,
    gate: new Gate(timing.timeoutMs),
    directory: sessionDirectory(registry, timing.sessionLeaseMs),
    served: new ServedTable(),
    addresses: new Map(),
    agenda,
    restores: new Limiter(MAX_RESTORES),
    lose: (served, reason) => lose(host, served, reason),
    nextAttempt() {
      attempts += 1;
      return `${here}.${attempts}`;
    },
    countDropped(count) {
      dropped += count;
    },
  };
  const { outbox } = host;
  const relay =
    outbox === undefined || !configuration.hasRelay ? undefined : new Relay({ context: host, outbox, agenda });
  return {
    host,
    guard,
    route,
    relay,
    shapes: keptShapes(host),
    status: () => status(host, { route: route.state, reaper: guard.state(steadyNow()), relay, dropped }),
  };
}

function createNode(
  { messaging, warn }: Configuration,
  events: Parameters<typeof openNode>[0]["events"],
): ReceivingNode | undefined {
  return messaging === undefined ? undefined : openNode({ messaging, events, warn });
}

function noteOutage(guard: OutageGuard, error: MusterError): void {
  if (error.code === "UNAVAILABLE" || error.code === "TIMEOUT") guard.failed();
}

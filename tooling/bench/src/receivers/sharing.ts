/** Who receives what: the identities are divided evenly among the processes. */

import type {
  BrokerPlace,
  DurabilityPlace,
  FleetPlan,
  GroupedPlan,
  MessagingPlace,
  MoleculerPlan,
  RawPlan,
  RegistryPlace,
  SessionPlan,
  Share,
  SlotPlan,
  SocketPlan,
} from "./plan.ts";

/** As many processes receive; more would only wait for the cores that two of them and the sender already share. */
export const PROCESSES = 2;

export function sharesOf(size: number): readonly Share[] {
  return Array.from({ length: PROCESSES }, (_, index) => ({
    from: Math.floor((size * index) / PROCESSES),
    to: Math.floor((size * (index + 1)) / PROCESSES),
  }));
}

export interface FleetReceivers {
  readonly namespace: string;
  readonly registry: RegistryPlace;
  readonly messaging: MessagingPlace;
  readonly durability?: DurabilityPlace;
  readonly size: number;
  /** Over all processes. */
  readonly nodes: number;
  readonly addresses: FleetPlan["addresses"];
}

export function fleetPlans({ size, nodes, ...common }: FleetReceivers): readonly FleetPlan[] {
  const fleets = Math.max(1, nodes / PROCESSES);
  return sharesOf(size).map((share) => ({ kind: "fleets", ...common, fleets, share }));
}

/** @param sessions over all processes */
export function sessionPlans(registry: RegistryPlace, sessions: number, size: number): readonly SessionPlan[] {
  return sharesOf(size).map((share) => ({ kind: "sessions", registry, fleets: sessions / PROCESSES, share }));
}

/** @param nodes over all processes */
export function groupedPlans(url: string, nodes: number, size: number): readonly GroupedPlan[] {
  return sharesOf(size).map((share, process) => ({
    kind: "grouped",
    url,
    nodes: namesOfNodes("grouped.", process, nodes),
    share,
  }));
}

/** @param nodes over all processes */
export function moleculerPlans(url: string, nodes: number, size: number): readonly MoleculerPlan[] {
  return sharesOf(size).map((share, process) => ({
    kind: "moleculer",
    url,
    nodes: namesOfNodes("node-", process, nodes),
    share,
  }));
}

export function socketPlans(redis: string, size: number): readonly SocketPlan[] {
  return sharesOf(size).map((share) => ({ kind: "socket.io", redis, share }));
}

function namesOfNodes(prefix: string, process: number, nodes: number): readonly string[] {
  return Array.from({ length: nodes / PROCESSES }, (_, index) => `${prefix}${process}-${index}`);
}

export interface RawReceivers {
  readonly broker: BrokerPlace;
  /** Of all subjects or channels; what the receivers of one contender hear must not be heard by another's. */
  readonly prefix: string;
  readonly size: number;
  /** One subscription to everything there is for a process, behind a prefix of its own, instead of one to each. */
  readonly wildcard?: string;
}

export function rawPlans({ broker, prefix, size, wildcard }: RawReceivers): readonly RawPlan[] {
  return sharesOf(size).map((share, index) => {
    const own = wildcard === undefined ? prefix : `${prefix}${index}.`;
    return {
      kind: "raw",
      broker,
      prefix: own,
      share,
      ...(wildcard === undefined ? {} : { pattern: own + wildcard }),
    };
  });
}

export function slotPlans(namespace: string, messaging: BrokerPlace, size: number): readonly SlotPlan[] {
  return sharesOf(size).map((share) => ({ kind: "slot", namespace, messaging, share }));
}

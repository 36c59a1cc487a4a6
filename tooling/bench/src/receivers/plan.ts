/** What a receiving process is to do, and what it and the sender tell each other. */

import type { RegistryBackend } from "@muster/core/slots";

/** A server, or for SQLite a file. */
interface Located<Kind extends string> {
  readonly at: Kind;
  readonly url: string;
}

/** A registry that several processes reach. */
export type RegistryServerPlace = Located<"redis" | "postgres" | "nats" | "sqlite">;
/** Where the receivers' registry is: on a server, or in the sender's memory, so that reading it costs next to nothing. */
export type RegistryPlace = (RegistryServerPlace & Keeping) | { readonly at: "sender" };

/** Of Redis, how many registrations a process keeps where they are. Default: its own. */
export interface Keeping {
  readonly maxMirroredRoutes?: number;
}

export type MessagingPlace = BrokerPlace | Located<"postgres">;
export type DurabilityPlace = Located<"redis" | "postgres" | "nats" | "rabbitmq" | "kafka" | "sqlite">;

export interface BrokerPlace {
  readonly at: "nats" | "redis" | "rabbitmq" | "kafka";
  readonly url: string;
  /** Of RabbitMQ, to which bare receivers bind; of Kafka, the topic. Default: that of the bare driver. */
  readonly exchange?: string;
}

/** Numbers of identities, `to` exclusive. */
export interface Share {
  readonly from: number;
  readonly to: number;
}

/** Fleets that serve a share of the identities, each with a handler that counts. */
export interface FleetPlan {
  readonly kind: "fleets";
  readonly namespace: string;
  readonly registry: RegistryPlace;
  readonly messaging: MessagingPlace;
  readonly durability?: DurabilityPlace;
  readonly fleets: number;
  readonly share: Share;
  /** `identity`: each has an address of its own. */
  readonly addresses: "node" | "identity";
}

/** Fleets without messages that keep a share of the identities registered, with the timing that users have. */
export interface SessionPlan {
  readonly kind: "sessions";
  readonly registry: RegistryPlace;
  readonly fleets: number;
  readonly share: Share;
}

/** A bare driver that counts what comes to a share of the subjects or channels, each subscribed to by itself. */
export interface RawPlan {
  readonly kind: "raw";
  readonly broker: BrokerPlace;
  readonly prefix: string;
  readonly share: Share;
  /** Instead, one subscription to everything that begins so. */
  readonly pattern?: string;
}

/** Nodes on NATS, written by hand, which pass on to a handler for each identity of a share. */
export interface GroupedPlan {
  readonly kind: "grouped";
  readonly url: string;
  /** Their subjects. */
  readonly nodes: readonly string[];
  readonly share: Share;
}

/** A messaging slot without core: an inbox that counts what comes to a share of the addresses. */
export interface SlotPlan {
  readonly kind: "slot";
  readonly namespace: string;
  readonly messaging: BrokerPlace;
  readonly share: Share;
}

/** A server of Socket.IO over Redis, and its clients. */
export interface SocketPlan {
  readonly kind: "socket.io";
  readonly redis: string;
  readonly share: Share;
}

/** Nodes of Moleculer over NATS, with a service each and handlers behind it. */
export interface MoleculerPlan {
  readonly kind: "moleculer";
  readonly url: string;
  readonly nodes: readonly string[];
  readonly share: Share;
}

export type ReceiverPlan = FleetPlan | RawPlan | GroupedPlan | SlotPlan | SessionPlan | SocketPlan | MoleculerPlan;

/** Every method that does something, its `call` left out. Scans answer with all their pages at once. */
export type RegistryMethod = Exclude<
  keyof RegistryBackend,
  "name" | "traits" | "filters" | "counts" | "open" | "close" | symbol
>;

export interface RegistryRequest {
  readonly kind: "registry";
  readonly id: number;
  readonly method: RegistryMethod;
  readonly inputs: readonly unknown[];
}

export interface RegistryReply {
  readonly kind: "registry";
  readonly id: number;
  readonly result: unknown;
}

export type ToReceiver =
  /** Tell when so many have been received since the start. */
  | { readonly kind: "expect"; readonly total: number }
  /** Tell how many have been received until now. */
  | { readonly kind: "count" }
  /** Tell how much processor time the process has used. */
  | { readonly kind: "spend" }
  | { readonly kind: "stop" }
  | RegistryReply;

export type FromReceiver =
  | { readonly kind: "ready" }
  | { readonly kind: "received"; readonly total: number; readonly as: "expected" | "counted" }
  | { readonly kind: "spent"; readonly cpuMs: number }
  | RegistryRequest;

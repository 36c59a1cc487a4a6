/** The door for users: open a namespace, register identities, find them, and message everyone who matches. */

export type { FilterInput, JsonObject, JsonValue, Metadata } from "@muster/filter";
export type { OpenOptions } from "./configuration.ts";
export type { Timing } from "./timing.ts";
export type { DeadLetters, DeadMessage, DeadMessageKey } from "./dead-message.ts";
export type {
  AttachOptions,
  DeliveriesOptions,
  DeliveryGuarantee,
  EnumerateOptions,
  Fleet,
  Handle,
  HandleEvents,
  LostReason,
  MessageHandler,
  MetadataPatch,
  MulticastOptions,
  OverflowPolicy,
  Page,
  Payload,
  RegisteredIdentity,
  RegisterOptions,
  Unregistered,
} from "./fleet.ts";
export type { FleetStatus } from "./fleet-status.ts";
export type { Limits } from "./limits.ts";
export type { HandlerContext, Message } from "./message.ts";
export { openRegistry } from "./open-registry.ts";
export { defineSchema } from "./schema/compile.ts";
export type {
  FieldDefinition,
  FieldShorthand,
  LongDefinition,
  PlainType,
  SchemaDefinition,
  ShortDefinition,
} from "./schema/definition.ts";
export type { GeoPointMetadata, InputOf, MetadataOf, Schema } from "./schema/infer.ts";
export type {
  CallOptions,
  DeliveryStatus,
  ErrorCode,
  ErrorDetail,
  ErrorDetails,
  IdentitySchema,
  MulticastReport,
  OutboxBacklog,
  Receipt,
  Violation,
} from "./slots/index.ts";
export { isMusterError, MusterError } from "./slots/index.ts";

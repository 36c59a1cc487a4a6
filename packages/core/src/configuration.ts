/** What `openRegistry` takes, and every mistake that can be made with it. */

import { codedError, isTimeout } from "./call.ts";
import type { Context } from "./context.ts";
import type { DeliveryGuarantee } from "./fleet.ts";
import { checkNamespace } from "./input/identity.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { missingSlot, unsupported } from "./sending/path.ts";
import { compileSchema } from "./schema/compile.ts";
import type { SchemaDefinition } from "./schema/definition.ts";
import { checkSlot } from "./slot-shapes.ts";
import {
  type CallOptions,
  type DurabilityBackend,
  type IdentitySchema,
  isMusterError,
  type MessagingBackend,
  MusterError,
  type OutboxBackend,
  type RegistryBackend,
  type Violation,
} from "./slots/index.ts";
import { DEFAULT_TIMING, type Timing } from "./timing.ts";

export interface OpenOptions<S = undefined, Transaction = undefined, OutboxTransaction = never> extends CallOptions {
  /** 1–64 of `[A-Za-z0-9_.-]`. */
  readonly namespace: string;
  /** Who is there. Opened here, and closed with the fleet. */
  readonly registry: RegistryBackend;
  /** How they are reached; without it nothing can be received or sent. Opened here, and closed with the fleet. */
  readonly messaging?: MessagingBackend;
  /** Keeps messages until their recipients have them. Opened here, and closed with the fleet. */
  readonly durability?: DurabilityBackend<Transaction>;
  /** Where multicasts commit together with their sender's own writes. Opened here, and closed with the fleet. */
  readonly outbox?: OutboxBackend<OutboxTransaction>;
  /** Whether this process hands over what has been committed, by whomever. Default true where there is an outbox. */
  readonly relay?: boolean;
  /** What metadata must look like; also gives it its types. */
  readonly schema?: S;
  /** Guarantee of multicasts that name none: refused here when the slots can't give it. Default `at-most-once`. */
  readonly delivery?: DeliveryGuarantee;
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<Timing>;
  /** Gets the faults that no caller is waiting for. Default: `process.emitWarning`. */
  readonly onWarning?: (error: MusterError) => void;
}

/** Options that have been checked, with every default filled in. */
export interface Configuration extends Omit<Context, "directory" | "node" | "receipts" | "runs"> {
  /** Whether a relay is to run here. */
  readonly hasRelay: boolean;
}

const SOURCE = "core.openRegistry";
const OPTIONS: readonly string[] = [
  "namespace",
  "registry",
  "messaging",
  "durability",
  "outbox",
  "relay",
  "schema",
  "delivery",
  "limits",
  "timing",
  "onWarning",
  "signal",
  "timeoutMs",
];
const OPTIONAL_SLOTS = ["messaging", "durability", "outbox"] as const;
const GUARANTEES: readonly unknown[] = ["at-most-once", "at-least-once", "exactly-once"];
const LIMIT_NAMES: readonly string[] = [...Object.keys(DEFAULT_LIMITS), "maxIdentities", "maxTtlMs", "maxQueued"];

/**
 * @throws CONFIG_INVALID with everything that is wrong with the options; UNSUPPORTED when they are right, but `delivery`
 * asks for more than the slots give.
 */
export function readConfiguration(
  options: OpenOptions<IdentitySchema | SchemaDefinition | undefined, unknown, unknown>,
): Configuration {
  const violations: Violation[] = [];
  const given = membersOf(options, "", OPTIONS, violations);
  collect(violations, () => checkNamespace(given["namespace"], SOURCE));
  checkSlot(given["registry"], "registry", violations);
  for (const slot of OPTIONAL_SLOTS) if (given[slot] !== undefined) checkSlot(given[slot], slot, violations);
  checkRelay(given, violations);
  const schema =
    given["schema"] === undefined
      ? undefined
      : collect(violations, () => compileSchema(given["schema"], SOURCE), "schema");
  const limits = { ...DEFAULT_LIMITS, ...numbers(given["limits"], "limits", LIMIT_NAMES, isCount, violations) };
  const timing = {
    ...DEFAULT_TIMING,
    ...numbers(given["timing"], "timing", Object.keys(DEFAULT_TIMING), isTimeout, violations),
  };
  if (limits.maxTtlMs !== undefined && timing.ttlMs > limits.maxTtlMs) {
    violations.push({ path: "timing.ttlMs", message: `is more than limits.maxTtlMs, ${limits.maxTtlMs} ms` });
  }
  const { delivery, onWarning } = given;
  if (delivery !== undefined && !GUARANTEES.includes(delivery)) {
    violations.push({ path: "delivery", message: `must be one of ${GUARANTEES.join(", ")}` });
  }
  if (onWarning !== undefined && typeof onWarning !== "function")
    violations.push({ path: "onWarning", message: "must be a function" });
  if (violations.length > 0) throw invalidConfiguration(violations);
  checkDelivery(options);
  const { namespace, registry, messaging, durability, outbox } = options;
  return {
    namespace,
    registry,
    messaging,
    durability,
    outbox,
    hasRelay: outbox !== undefined && options.relay !== false,
    delivery: options.delivery ?? "at-most-once",
    schema,
    limits,
    timing,
    warn: safely(options.onWarning ?? emitWarning),
  };
}

function invalidConfiguration(violations: readonly Violation[]): MusterError<"CONFIG_INVALID"> {
  const message = violations
    .map(({ path, message: problem }) => (path === "" ? problem : `${path} ${problem}`))
    .join("; ");
  return new MusterError({ code: "CONFIG_INVALID", source: SOURCE, message, detail: { violations } });
}

/** Its members, when it is an object, after refusing those that have no meaning: they are usually misspelt. */
function membersOf(
  value: unknown,
  path: string,
  names: readonly string[],
  violations: Violation[],
): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    violations.push({ path, message: "must be an object" });
    return {};
  }
  const members: Record<string, unknown> = Object.fromEntries(Object.entries(value));
  for (const name of Object.keys(members)) {
    if (!names.includes(name))
      violations.push({ path: join(path, name), message: `is no option; there are ${names.join(", ")}` });
  }
  return members;
}

function numbers(
  value: unknown,
  path: string,
  names: readonly string[],
  isValid: (value: unknown) => value is number,
  violations: Violation[],
): Record<string, number> {
  if (value === undefined) return {};
  const valid: Record<string, number> = {};
  for (const [name, member] of Object.entries(membersOf(value, path, names, violations))) {
    if (member === undefined || !names.includes(name)) continue;
    if (isValid(member)) valid[name] = member;
    else
      violations.push({
        path: join(path, name),
        message: isValid === isCount ? "must be an integer above 0" : "must be ms above 0",
      });
  }
  return valid;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** A relay needs something to hand over to. */
function checkRelay({ messaging, durability, outbox, relay }: Record<string, unknown>, violations: Violation[]): void {
  if (relay !== undefined && typeof relay !== "boolean")
    violations.push({ path: "relay", message: "must be true or false" });
  else if (relay === true && outbox === undefined)
    violations.push({ path: "relay", message: "needs an outbox to relay from" });
  else if (outbox !== undefined && relay !== false && messaging === undefined && durability === undefined)
    violations.push({ path: "relay", message: "needs a messaging or durability slot to hand over to; or write false" });
}

/** What `check` gives; its violations, below `path`, are collected. */
function collect<T>(violations: Violation[], check: () => T, path = ""): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!isMusterError(error, "CONFIG_INVALID")) throw error;
    violations.push(
      ...error.detail.violations.map((violation) => ({ ...violation, path: join(path, violation.path) })),
    );
    return undefined;
  }
}

function join(path: string, name: string): string {
  return path === "" || name === "" ? path + name : `${path}.${name}`;
}

/** @throws UNSUPPORTED */
function checkDelivery({ delivery, messaging, durability }: OpenOptions<unknown, unknown, unknown>): void {
  if (delivery === undefined) return;
  const obstacle = missingSlot(delivery, { messaging, durability });
  if (obstacle !== undefined) throw unsupported(delivery, obstacle, SOURCE);
}

/** A fault in telling of a fault has nobody left to be told to. */
function safely(warn: (error: MusterError) => void): (error: MusterError) => void {
  return (error) => {
    try {
      warn(error);
    } catch (cause) {
      emitWarning(codedError(cause, "core.onWarning"));
    }
  };
}

function emitWarning(error: MusterError): void {
  process.emitWarning(error.message, { type: "MusterWarning", code: error.code });
}

import { invalidArgument } from "./call.ts";
import type { Handle, RegisterOptions } from "./fleet.ts";
import { createHandle } from "./handle.ts";
import type { Host } from "./host.ts";
import { checkAddress, checkIdentity } from "./input/identity.ts";
import { isNodeAddress } from "./wire/addresses.ts";
import { prepareMetadata } from "./input/metadata.ts";
import { type Placed, type Placing, place } from "./life/place.ts";
import { checkInbox, checkReceiver, handlerMailbox } from "./receiving/receiver.ts";
import { Served, type ServedOptions } from "./life/served.ts";
import { type Call, MusterError, type Route } from "./slots/index.ts";
import { type Settler, settled, settleWith } from "./tasks/settler.ts";
import { checkTtl } from "./input/ttl.ts";

const SOURCE = "core.register";
const OPTIONS: readonly string[] = [
  "signal",
  "timeoutMs",
  "onMessage",
  "inbox",
  "ttlMs",
  "replace",
  "renew",
  "address",
  "onLost",
];

/**
 * Registers an identity and tells its handle; only when messages can reach its handler. After a reply that was lost it asks
 * again; a registration nobody waits for any more is deleted in the background. Rejects with ALREADY_EXISTS, QUOTA_EXCEEDED,
 * UNSUPPORTED, TIMEOUT, ABORTED.
 *
 * @throws INVALID_IDENTITY, INVALID_METADATA, INVALID_ARGUMENT, UNSUPPORTED
 */
export function register<M extends object, Transaction>(
  host: Host,
  { identity, metadata, options }: Registering<Transaction>,
  call: Call,
  settler: Settler<Handle<M, Transaction>>,
): void {
  const checked = readOptions(host, checkIdentity(identity, SOURCE, host.registry.traits.maxIdentityBytes), options);
  const { schema, limits } = host;
  const prepared = prepareMetadata(metadata, { schema, limits, identity, now: Date.now(), source: SOURCE });
  const served = new Served(checked, prepared, host.warn);
  if (options.onMessage !== undefined) served.mailbox = handlerMailbox(host, served, options.onMessage, options.inbox);
  const taker = new HandleTaker<M, Transaction>(host, served, settler);
  if (options.replace === true) settleWith(taker, replace({ host, served, mode: "replace", call }));
  else place({ host, served, mode: "create", call }, taker);
}

/** What was handed to the verb. */
export interface Registering<Transaction> {
  readonly identity: string;
  readonly metadata: unknown;
  readonly options: RegisterOptions<Transaction>;
}

async function replace(placing: Placing): Promise<Placed> {
  const { host, served, call } = placing;
  const replaced = await whoStands(host, served.options.identity, call);
  const outcome = await settled<Placed>((settler) => place(placing, settler));
  const isReplaced = replaced !== undefined && "placed" in outcome && replaced.session !== host.session.id;
  if (isReplaced) announce(host, replaced);
  return outcome;
}

/** Makes the handle of what has been placed. */
export class HandleTaker<M extends object, Transaction> implements Settler<Placed> {
  readonly #host: Host;
  readonly #served: Served;
  readonly #settler: Settler<Handle<M, Transaction>>;

  constructor(host: Host, served: Served, settler: Settler<Handle<M, Transaction>>) {
    this.#host = host;
    this.#served = served;
    this.#settler = settler;
  }

  resolve(outcome: Placed): void {
    if ("placed" in outcome) this.#settler.resolve(createHandle<M, Transaction>(this.#host, this.#served));
    else this.#settler.reject(refused(this.#host, this.#served.options.identity, outcome));
  }

  reject(error: unknown): void {
    this.#settler.reject(error);
  }
}

function readOptions(host: Host, identity: string, options: RegisterOptions<never>): ServedOptions {
  const surplus = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (surplus !== undefined)
    throw invalidArgument(SOURCE, `there is no such option; there are ${OPTIONS.join(", ")}`, surplus);
  const { renew = "session", onLost = "re-register", replace = false, onMessage, inbox, address } = options;
  if (renew !== "session" && renew !== "manual") throw invalidArgument(SOURCE, 'renew must be "session" or "manual"');
  if (onLost !== "re-register" && onLost !== "stop")
    throw invalidArgument(SOURCE, 'onLost must be "re-register" or "stop"');
  if (typeof replace !== "boolean") throw invalidArgument(SOURCE, "replace must be true or false");
  if (onMessage === undefined) checkInbox(inbox, SOURCE);
  else checkReceiver(host, onMessage, inbox, SOURCE);
  if (address !== undefined) checkOwnAddress(host, address);
  const ttlMs = checkTtl(options.ttlMs === undefined ? host.timing.ttlMs : options.ttlMs, host.limits, SOURCE);
  const sessionBound = renew === "session" && (ttlMs === undefined || ttlMs >= 2 * host.timing.sessionLeaseMs);
  return { identity, ttlMs, renew, onLost, address, sessionBound };
}

function checkOwnAddress(host: Host, address: string): void {
  if (host.node === undefined) throw noAddresses();
  if (isNodeAddress(checkAddress(address, SOURCE)))
    throw invalidArgument(SOURCE, "addresses like this belong to processes", address);
}

function noAddresses(): MusterError<"UNSUPPORTED"> {
  const message = "an address of its own needs a messaging slot; give openRegistry one";
  return new MusterError({ code: "UNSUPPORTED", source: SOURCE, message, detail: { feature: "messaging" } });
}

/** Whom to tell of being replaced; not knowing is no reason not to register. */
async function whoStands({ node, registry }: Host, identity: string, call: Call): Promise<Route | undefined> {
  if (node === undefined) return undefined;
  try {
    const [route] = await registry.getMany([identity], call);
    return route;
  } catch {
    return undefined;
  }
}

function announce({ node, background, timing }: Host, route: Route): void {
  if (node === undefined) return;
  background.run("core.announceReplaced", timing.timeoutMs, (call) => node.announceReplaced(route, call));
}

function refused(
  { limits }: Host,
  identity: string,
  { refused: reason }: Exclude<Placed, { readonly placed: unknown }>,
): MusterError {
  const about = { source: SOURCE, subject: identity };
  if (reason === "quota") {
    const limit = limits.maxIdentities ?? 0;
    return new MusterError({ code: "QUOTA_EXCEEDED", ...about, message: "the namespace is full", detail: { limit } });
  }
  if (reason === "exists") {
    return new MusterError({
      code: "ALREADY_EXISTS",
      ...about,
      message: "it is registered and lives; pass replace: true to take it over",
    });
  }
  return new MusterError({
    code: "INTERNAL",
    ...about,
    message: `the registry refused a new registration as ${reason}`,
  });
}

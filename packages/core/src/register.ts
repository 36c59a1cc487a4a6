import { invalidArgument } from "./call.ts";
import type { Handle, RegisterOptions } from "./fleet.ts";
import { createHandle } from "./handle.ts";
import type { Host } from "./host.ts";
import { checkAddress, checkIdentity } from "./input/identity.ts";
import { isNodeAddress } from "./wire/addresses.ts";
import { prepareMetadata } from "./input/metadata.ts";
import { type Placed, place } from "./life/place.ts";
import { checkInbox, checkReceiver, handlerMailbox } from "./receiving/receiver.ts";
import { Served, type ServedOptions } from "./life/served.ts";
import { type Call, MusterError, type Route } from "./slots/index.ts";
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
 * Registers an identity and gives its handle; resolves only when messages can reach its handler. After a reply that was
 * lost it asks again; a registration nobody waits for any more is deleted in the background.
 *
 * @throws at once, where it is the caller's mistake, or later: ALREADY_EXISTS, QUOTA_EXCEEDED, INVALID_IDENTITY, INVALID_METADATA, INVALID_ARGUMENT, UNSUPPORTED, TIMEOUT, ABORTED
 */
export function register<M extends object, Transaction>(
  host: Host,
  identity: string,
  metadata: unknown,
  options: RegisterOptions<Transaction>,
  call: Call,
): Promise<Handle<M, Transaction>> {
  const checked = readOptions(host, checkIdentity(identity, SOURCE, host.registry.traits.maxIdentityBytes), options);
  const { schema, limits } = host;
  const prepared = prepareMetadata(metadata, { schema, limits, identity, now: Date.now(), source: SOURCE });
  const served = new Served(checked, prepared, host.warn);
  if (options.onMessage !== undefined) served.mailbox = handlerMailbox(host, served, options.onMessage, options.inbox);
  if (options.replace === true) return replace(host, served, call);
  return place(host, served, "create", call).then((outcome) => handleOf(host, served, outcome));
}

async function replace<M extends object, Transaction>(
  host: Host,
  served: Served,
  call: Call,
): Promise<Handle<M, Transaction>> {
  const replaced = await whoStands(host, served.options.identity, call);
  const handle = handleOf<M, Transaction>(host, served, await place(host, served, "replace", call));
  if (replaced !== undefined && replaced.session !== host.session.id) announce(host, replaced);
  return handle;
}

function handleOf<M extends object, Transaction>(host: Host, served: Served, outcome: Placed): Handle<M, Transaction> {
  if (!("placed" in outcome)) throw refused(host, served.options.identity, outcome);
  return createHandle<M, Transaction>(host, served);
}

function readOptions(host: Host, identity: string, options: RegisterOptions<never>): ServedOptions {
  const [surplus] = Object.keys(options).filter((key) => !OPTIONS.includes(key));
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

/** What a factory is told, and what of it can't be meant. */

import type { ConnectionOptions as TlsOptions } from "node:tls";
import { MusterError, type Violation } from "@muster/core/slots";

export interface RabbitmqMessagingOptions {
  /**
   * `amqp://user:password@host:port/vhost`, `amqps://` for TLS, or several of one cluster. Default `amqp://127.0.0.1:5672`.
   * The first that answers is used, and any of them when that one is lost.
   */
  readonly url?: string | readonly string[];
  /** Before that in an address. Default `guest`. */
  readonly username?: string;
  readonly password?: string;
  /** Before that in an address. Default `/`. */
  readonly vhost?: string;
  /** Of Node: certificates and what they are checked against. Each address must then be `amqps://`. */
  readonly tls?: TlsOptions;
  /** As it stands in the server's list of connections. Default `muster`. */
  readonly name?: string;
  /** How long one server may take to let a client in before the next is tried. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /** Whole seconds. A server that is silent is left after two to three of these. Default 2,000. */
  readonly heartbeatMs?: number;
  /** First part of every exchange and queue. Default `muster`. Processes that should meet have the same. */
  readonly prefix?: string;
}

/** With everything said. */
export interface Settings {
  readonly urls: readonly URL[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly vhost: string | undefined;
  readonly tls: TlsOptions;
  readonly name: string;
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly prefix: string;
}

const TEXTS = ["username", "password", "vhost", "name"] as const;
const KNOWN: ReadonlySet<string> = new Set<string>([
  ...TEXTS,
  ...["url", "tls", "connectTimeoutMs", "heartbeatMs", "prefix"],
]);
const DEFAULT_URL = "amqp://127.0.0.1:5672";
const PREFIX = /^(?!amq\.)[\w-]+(?:\.[\w-]+)*$/;
const MAX_PREFIX_LENGTH = 64;
const MAX_VHOST_BYTES = 255;
const MAX_HEARTBEAT_MS = 65_535_000;

/** @throws CONFIG_INVALID, naming each option. */
export function settingsOf(options: RabbitmqMessagingOptions): Settings {
  const { url = DEFAULT_URL, tls = {}, username, password, vhost, name = "muster", prefix = "muster" } = options;
  const { connectTimeoutMs = 2_000, heartbeatMs = 2_000 } = options;
  const list: readonly unknown[] = Array.isArray(url) ? url : [url];
  const urls = list.flatMap((one) => (typeof one === "string" ? (serverUrl(one) ?? []) : []));
  const violations: Violation[] = [
    ...Object.keys(options).flatMap((path) => (KNOWN.has(path) ? [] : [{ path, message: "is no option" }])),
    ...urlViolations(list),
    ...tlsViolations(options, urls),
    ...TEXTS.flatMap((path) => (isText(options[path]) ? [] : [{ path, message: "must be text, and not empty" }])),
    ...vhostViolations(vhost),
    ...timeViolations({ connectTimeoutMs, heartbeatMs }),
    ...prefixViolations(prefix),
  ];
  if (violations.length > 0) {
    const message = violations.map(({ path, message: what }) => `${path} ${what}`).join("; ");
    throw new MusterError({ code: "CONFIG_INVALID", source: "rabbitmq.options", message, detail: { violations } });
  }
  return { urls, username, password, vhost, tls, name, connectTimeoutMs, heartbeatMs, prefix };
}

/** With the port that may be left out; `undefined` when it is no address of a server. */
export function serverUrl(text: string): URL | undefined {
  if (!/^amqps?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.hostname === "" || !isMeant(url)) return undefined;
  if (url.port === "") url.port = url.protocol === "amqps:" ? "5671" : "5672";
  return url;
}

/** Whether all of it means something to the server. */
function isMeant({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password]) decodeURIComponent(part);
    return isVhost(decodeURIComponent(pathname.slice(1)));
  } catch {
    return false; // A `%` that means nothing.
  }
}

function urlViolations(list: readonly unknown[]): readonly Violation[] {
  if (list.length === 0) return [{ path: "url", message: "must name at least one server" }];
  return list.flatMap((one) =>
    typeof one === "string" && serverUrl(one) !== undefined ? [] : [{ path: "url", message: "is no server's address" }],
  );
}

function tlsViolations({ tls }: RabbitmqMessagingOptions, urls: readonly URL[]): readonly Violation[] {
  if (tls === undefined) return [];
  if (typeof tls !== "object" || tls === null) return [{ path: "tls", message: "must be options of TLS" }];
  const isPlain = urls.some(({ protocol }) => protocol === "amqp:");
  return isPlain ? [{ path: "tls", message: "is for addresses that begin with amqps://" }] : [];
}

/** As far as the protocol has room for it. */
function isVhost(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_VHOST_BYTES;
}

function vhostViolations(vhost: string | undefined): readonly Violation[] {
  if (typeof vhost !== "string" || isVhost(vhost)) return []; // What is no text is found with the others.
  return [{ path: "vhost", message: `must have at most ${MAX_VHOST_BYTES} bytes` }];
}

function isText(text: unknown): boolean {
  return text === undefined || (typeof text === "string" && text !== "");
}

function timeViolations(times: { connectTimeoutMs: unknown; heartbeatMs: unknown }): readonly Violation[] {
  const { connectTimeoutMs, heartbeatMs } = times;
  const isTime = (ms: unknown): ms is number => Number.isSafeInteger(ms) && Number(ms) >= 1 && Number(ms) < 2 ** 31;
  const isBeat = isTime(heartbeatMs) && heartbeatMs % 1_000 === 0 && heartbeatMs <= MAX_HEARTBEAT_MS;
  return [
    ...(isTime(connectTimeoutMs)
      ? []
      : [{ path: "connectTimeoutMs", message: "must be a whole number of milliseconds from 1" }]),
    ...(isBeat ? [] : [{ path: "heartbeatMs", message: "must be whole seconds, in milliseconds, from 1,000" }]),
  ];
}

function prefixViolations(prefix: unknown): readonly Violation[] {
  if (typeof prefix === "string" && PREFIX.test(prefix) && prefix.length <= MAX_PREFIX_LENGTH) return [];
  const message = `must be parts of letters, digits, _ and -, with dots between them, not amq the first, and at most ${MAX_PREFIX_LENGTH} characters`;
  return [{ path: "prefix", message }];
}

/** What a factory is told, and what of it can't be meant. */

import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { ISocketFactory, SASLOptions } from "kafkajs";
import { MusterError, type Violation } from "@muster/core/slots";
import { hasCodec } from "./connection/codecs.ts";

/** What compresses batches on their way and in the log. `gzip` is built in; others need a codec of kafkajs (`CompressionCodecs`). */
export type KafkaCompression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Where the brokers are, and who asks. */
export interface KafkaServerOptions {
  /**
   * `kafka://user:password@host:port`, or several of one cluster: any that answers tells of all others, which must be
   * reached where they say (`advertised.listeners`). Default `kafka://127.0.0.1:9092`.
   */
  readonly url?: string | readonly string[];
  /** Of kafkajs: SCRAM, OAuth and others. Before a user and a password in an address, which are SASL PLAIN. */
  readonly sasl?: SASLOptions;
  /** Of Node: certificates and what they are checked against. `{}` is TLS, too; absent is not. */
  readonly tls?: TlsOptions;
  /** Client id, as it stands in logs and quotas of the brokers. Default `muster`. */
  readonly name?: string;
  /** How long a broker may take to let a client in. Default 5,000: a JVM that has just started is slow. */
  readonly connectTimeoutMs?: number;
  /** A broker that has been silent for so long over what it was asked is left. Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** First part of every topic. Default `muster`. Processes that should meet have the same. */
  readonly prefix?: string;
  /** Of topics that are made here. Default three, or as many as there are brokers. */
  readonly replicationFactor?: number;
  /** Default `none`. */
  readonly compression?: KafkaCompression;
  /** Of kafkajs: makes every socket, where a proxy stands between here and the brokers. */
  readonly socketFactory?: ISocketFactory;
}

export interface KafkaMessagingOptions extends KafkaServerOptions {
  /** Of a topic that is made here. Default 12. A topic that exists keeps what it has. */
  readonly partitions?: number;
  /** How long a topic that is made here keeps messages: the longest outage that loses none. Default 3,600,000. */
  readonly retentionMs?: number;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** With everything said, of what all slots have in common. */
export interface ServerSettings {
  readonly addresses: readonly BrokerAddress[];
  readonly sasl: SASLOptions | undefined;
  readonly tls: TlsOptions | undefined;
  readonly name: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly prefix: string;
  readonly replicationFactor: number | undefined;
  readonly compression: KafkaCompression;
  readonly socketFactory: ISocketFactory | undefined;
}

export interface MessagingSettings extends ServerSettings {
  readonly partitions: number;
  readonly retentionMs: number;
}

const DEFAULT_URL = "kafka://127.0.0.1:9092";
const DEFAULT_PORT = 9_092;
const PREFIX = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const MAX_PREFIX_LENGTH = 64;
const MAX_MS = 2 ** 31 - 1;
const MAX_RETENTION_MS = Number.MAX_SAFE_INTEGER;
const MAX_PARTITIONS = 10_000;
const MAX_REPLICAS = 32_767;
/** By the number that the protocol gives them. */
export const COMPRESSIONS: Readonly<Record<KafkaCompression, 0 | 1 | 2 | 3 | 4>> = {
  ...{ none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 },
};
const SERVER_OPTIONS: readonly string[] = [
  ...["url", "sasl", "tls", "name", "connectTimeoutMs", "requestTimeoutMs"],
  ...["prefix", "replicationFactor", "compression", "socketFactory"],
];

/** @throws CONFIG_INVALID, naming each option. */
export function messagingSettingsOf(options: KafkaMessagingOptions): MessagingSettings {
  const { partitions = 12, retentionMs = 3_600_000 } = options;
  const more = [
    ...wholeNumber("partitions", partitions, MAX_PARTITIONS),
    ...wholeNumber("retentionMs", retentionMs, MAX_RETENTION_MS),
  ];
  return { ...serverSettingsOf(options, ["partitions", "retentionMs"], more), partitions, retentionMs };
}

/**
 * @public For every slot.
 * @param known names of what else a slot may be told.
 * @param more what is wrong with that.
 * @throws CONFIG_INVALID, naming each option.
 */
export function serverSettingsOf(
  options: KafkaServerOptions,
  known: readonly string[] = [],
  more: readonly Violation[] = [],
): ServerSettings {
  const { url = DEFAULT_URL, sasl, tls, name = "muster", prefix = "muster", compression = "none" } = options;
  const { connectTimeoutMs = 5_000, requestTimeoutMs = 5_000, replicationFactor, socketFactory } = options;
  const list: readonly unknown[] = Array.isArray(url) ? url : [url];
  const urls = list.flatMap((one) => (typeof one === "string" ? (brokerUrl(one) ?? []) : []));
  const violations: Violation[] = [
    ...Object.keys(options).flatMap((path) =>
      SERVER_OPTIONS.includes(path) || known.includes(path) ? [] : [{ path, message: "is no option" }],
    ),
    ...urlViolations(list),
    ...objectViolations(options),
    ...(typeof name === "string" && name !== "" ? [] : [{ path: "name", message: "must be text, and not empty" }]),
    ...wholeNumber("connectTimeoutMs", connectTimeoutMs, MAX_MS),
    ...wholeNumber("requestTimeoutMs", requestTimeoutMs, MAX_MS),
    ...(replicationFactor === undefined ? [] : wholeNumber("replicationFactor", replicationFactor, MAX_REPLICAS)),
    ...prefixViolations(prefix),
    ...compressionViolations(compression),
    ...more,
  ];
  if (violations.length > 0) {
    const message = violations.map(({ path, message: what }) => `${path} ${what}`).join("; ");
    throw new MusterError({ code: "CONFIG_INVALID", source: "kafka.options", message, detail: { violations } });
  }
  const common = {
    tls,
    name,
    prefix,
    compression,
    connectTimeoutMs,
    requestTimeoutMs,
    replicationFactor,
    socketFactory,
  };
  return { ...common, addresses: urls.map(addressIn), sasl: sasl ?? urls.map(loginIn).find(Boolean) };
}

/** `undefined` when it is no address of a broker. */
function brokerUrl(text: string): URL | undefined {
  if (!/^kafka:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  try {
    for (const part of [url.username, url.password]) decodeURIComponent(part);
  } catch {
    return undefined; // A `%` that means nothing.
  }
  return url.hostname === "" ? undefined : url;
}

function addressIn({ hostname, port }: URL): BrokerAddress {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? DEFAULT_PORT : Number(port) };
}

function loginIn({ username, password }: URL): SASLOptions | undefined {
  if (username === "" && password === "") return undefined;
  return { mechanism: "plain", username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function urlViolations(list: readonly unknown[]): readonly Violation[] {
  if (list.length === 0) return [{ path: "url", message: "must name at least one broker" }];
  return list.flatMap((one) =>
    typeof one === "string" && brokerUrl(one) !== undefined ? [] : [{ path: "url", message: "is no broker's address" }],
  );
}

function objectViolations({ sasl, tls, socketFactory }: KafkaServerOptions): readonly Violation[] {
  const isObject = (value: unknown): boolean => value === undefined || (typeof value === "object" && value !== null);
  return [
    ...(isObject(sasl) && typeof (sasl?.mechanism ?? "") === "string"
      ? []
      : [{ path: "sasl", message: "must name a mechanism and what it takes" }]),
    ...(isObject(tls) ? [] : [{ path: "tls", message: "must be options of TLS" }]),
    ...(socketFactory === undefined || typeof socketFactory === "function"
      ? []
      : [{ path: "socketFactory", message: "must be a function" }]),
  ];
}

function compressionViolations(compression: unknown): readonly Violation[] {
  const number = new Map<unknown, 0 | 1 | 2 | 3 | 4>(Object.entries(COMPRESSIONS)).get(compression);
  if (number === undefined) return [{ path: "compression", message: "is none that Kafka knows" }];
  return hasCodec(number)
    ? []
    : [{ path: "compression", message: "needs its codec among the CompressionCodecs of kafkajs" }];
}

export function wholeNumber(path: string, value: unknown, max: number): readonly Violation[] {
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max) return [];
  return [{ path, message: `must be a whole number from 1 to ${max}` }];
}

function prefixViolations(prefix: unknown): readonly Violation[] {
  if (typeof prefix === "string" && PREFIX.test(prefix) && prefix.length <= MAX_PREFIX_LENGTH) return [];
  const message = `must be parts of letters, digits, _ and -, with dots between them, and at most ${MAX_PREFIX_LENGTH} characters`;
  return [{ path: "prefix", message }];
}

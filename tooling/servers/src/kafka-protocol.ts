/** As much of Kafka's wire protocol as it takes to see whether a broker serves, and of which release its cluster is. */

import { type Address, converse } from "./conversation.ts";

export const USER = "muster";
const [METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE] = [3, 17, 18, 36];
const LENGTH_BYTES = 4;
const CORRELATION_BYTES = 4;

/** Every finalized feature of a cluster has a level; this one's grows with each release. */
const RELEASE_FEATURE = "metadata.version";

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >>> 16), int16(value & 0xffff)]);
const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const compactText = (value: string): Buffer => Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]);

function request(api: number, version: number, body: Buffer, headEnd: Buffer = Buffer.alloc(0)): Buffer {
  const payload = Buffer.concat([int16(api), int16(version), int32(api), text("muster"), headEnd, body]);
  return Buffer.concat([int32(payload.length), payload]);
}

function login(password: string): readonly Buffer[] {
  const secret = Buffer.from(`\0${USER}\0${password}`);
  const authentication = Buffer.concat([int32(secret.length), secret]);
  return [request(SASL_HANDSHAKE, 1, text("PLAIN")), request(SASL_AUTHENTICATE, 0, authentication)];
}

/** With tagged fields, of which there are none: behind the head, and behind the body. */
const askFeatures = request(
  API_VERSIONS,
  3,
  Buffer.concat([compactText("muster"), compactText("1"), Buffer.from([0])]),
  Buffer.from([0]),
);

/** Of no topic, and none is made. */
const askBrokers = request(METADATA, 4, Buffer.concat([int32(0), Buffer.from([0])]));

/** The answers that are whole, by what was asked, without their heads. */
function answersIn(received: string): ReadonlyMap<number, Buffer> {
  const bytes = Buffer.from(received, "latin1");
  const answers = new Map<number, Buffer>();
  for (let at = 0; bytes.length >= at + LENGTH_BYTES; ) {
    const end = at + LENGTH_BYTES + bytes.readInt32BE(at);
    if (bytes.length < end) break;
    const api = bytes.readInt32BE(at + LENGTH_BYTES);
    answers.set(api, bytes.subarray(at + LENGTH_BYTES + CORRELATION_BYTES, end));
    at = end;
  }
  return answers;
}

/** The level stands behind the name; the one that counts comes last, behind those that would be possible. */
function releaseIn(features: Buffer): string {
  const at = features.lastIndexOf(RELEASE_FEATURE);
  return at < 0 ? "unknown" : `${RELEASE_FEATURE} ${features.readInt16BE(at + RELEASE_FEATURE.length)}`;
}

/** The ports of the brokers that serve. */
function portsIn(metadata: Buffer): readonly number[] {
  let at = 4; // Behind the time that it was throttled.
  const count = metadata.readInt32BE(at);
  at += 4;
  return Array.from({ length: count }, () => {
    at += 4; // Its id.
    at += 2 + metadata.readInt16BE(at);
    const port = metadata.readInt32BE(at);
    at += 4;
    at += 2 + Math.max(0, metadata.readInt16BE(at)); // Its rack, which may be null.
    return port;
  });
}

/** What a broker says of itself and the others. */
export interface KafkaGreeting {
  /** `metadata.version 29`: a broker does not tell its own. */
  readonly release: string;
  /** Of the brokers of its cluster that serve, itself among them or not. */
  readonly ports: readonly number[];
}

/** @throws Error while the broker does not answer, or is silent for so long, or refuses the password. */
export function kafkaGreeting(
  address: Address,
  password: string | undefined,
  silenceMs?: number,
): Promise<KafkaGreeting> {
  const requests = [...(password === undefined ? [] : login(password)), askFeatures, askBrokers];
  const read = (received: string): KafkaGreeting | undefined => {
    const answers = answersIn(received);
    if ((answers.get(SASL_AUTHENTICATE)?.readInt16BE() ?? 0) !== 0) throw new Error("it refuses the password");
    const [features, metadata] = [answers.get(API_VERSIONS), answers.get(METADATA)];
    return features && metadata && { release: releaseIn(features), ports: portsIn(metadata) };
  };
  return converse(address, Buffer.concat(requests), read, silenceMs);
}

/**
 * How a registration is written down: one message of the stream, which replaces the one before it on its subject.
 *
 * A line of JSON with everything beside the metadata, and behind it the metadata as JSON text, which nobody parses until
 * somebody wants it. What a writer can't know, the message's own place and time in the stream, is left out, and whoever
 * reads the message takes it from there (`entry.ts`): so every reader reads the same.
 */

import type { Metadata } from "@muster/filter";
import { MusterError } from "@muster/core/slots";

const VERSION = 1;

/**
 * The line, whose keys are short because each message has them. What is absent is left out.
 *
 * `at`, `epoch` and the numbers of `bound` are those of an earlier message of the same life; a message that has none of
 * them begins it.
 */
export interface Line {
  readonly v: typeof VERSION;
  /** It stands, live or expired; it is a tombstone; or nothing is left of it. */
  readonly k: "standing" | "tombstone" | "deleted";
  readonly identity: string;
  readonly epoch?: number;
  readonly rev?: number;
  /** `registeredAt` */
  readonly at?: number;
  /** Expires at this instant, ms. */
  readonly until?: number;
  /** Expires so many ms after the message's own time. */
  readonly for?: number;
  /** What it continues ends at this instant: a message that comes no earlier has come too late, and has not continued it. */
  readonly before?: number;
  /** When it became a tombstone, unless that was by this message. */
  readonly since?: number;
  readonly ttl?: number;
  readonly session?: string;
  readonly address?: string;
  readonly attempt?: string;
  /** Kept by its session, since this message, or since that time and that place in the stream. */
  readonly bound?: true | readonly [number, number];
  /** The next step of its end is claimed for so many ms from the message's own time. */
  readonly claim?: number;
}

/** A line, and the text behind it. */
export interface Written {
  readonly line: Line;
  readonly metadata: string;
}

export function encodeRecord(line: Omit<Line, "v">, metadata: string): string {
  return `${JSON.stringify({ v: VERSION, ...line })}\n${metadata}`;
}

/** What {@link encodeRecord} gave. @throws UNSUPPORTED: a later version of this package has written it. */
export function decodeRecord(text: string): Written {
  const end = text.indexOf("\n");
  const line = JSON.parse(text.slice(0, end)) as Line; // Only this module writes there; its version is looked at first.
  if (line.v !== VERSION) throw unsupported(line.v);
  return { line, metadata: text.slice(end + 1) };
}

export function parseMetadata(text: string): Metadata {
  return JSON.parse(text) as Metadata; // Metadata was stringified.
}

function unsupported(version: unknown): MusterError<"UNSUPPORTED"> {
  const feature = `stored records of version ${String(version)}`;
  const message = `a record has been written by a newer release: this one reads version ${VERSION}`;
  return new MusterError({ code: "UNSUPPORTED", source: "nats.decode", message, detail: { feature } });
}

/** From a batch to statements that are none of them long, and from their answers to what failed. */

import { type BatchFailure, MusterError, type Outgoing } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, byteaArray, type Row, textArray } from "../codec.ts";
import { NAME, postgresError } from "../errors.ts";
import { ROW_BYTES } from "../schema/publish-many.ts";
import { frameOf } from "./frames.ts";
import type { Mail } from "./mail.ts";

const SOURCE = `${NAME}.publishMany`;
/** Of frames in one statement, unless one alone is longer. */
const MAX_BYTES = 4_194_304;

/** Messages that follow one another in the batch. */
interface Part {
  readonly start: number;
  readonly frames: readonly Buffer[];
}

/**
 * Parts leave one after the other.
 *
 * @throws when nothing is known of any message.
 */
export async function publish(
  mail: Mail,
  batch: readonly Outgoing[],
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  const failures: BatchFailure[] = [];
  const broken: MusterError[] = [];
  let parts = 0;
  for (const part of partsOf(batch)) {
    parts += 1;
    try {
      failures.push(...(await publishPart(mail, batch, part, call)));
    } catch (cause) {
      const error = postgresError(cause, SOURCE);
      broken.push(error);
      failures.push(...part.frames.map((_, at) => ({ index: part.start + at, error })));
    }
  }
  const [first] = broken;
  if (first !== undefined && broken.length === parts) throw broken.find((error) => error.mayHaveApplied) ?? first;
  return failures;
}

async function publishPart(
  { client, namespace, channel, lock, sql }: Mail,
  batch: readonly Outgoing[],
  { start, frames }: Part,
  call: PostgresCall,
): Promise<readonly BatchFailure[]> {
  const addresses = frames.map((_, at) => batch[start + at]?.address ?? "");
  const { names, places, bundles } = bundled(addresses, frames);
  const arrays = [textArray(names), bigintArray(places), byteaArray(bundles)];
  const unheard = placesIn(await client.query(sql.publish, [namespace, channel, lock, ...arrays], call));
  if (unheard.length === 0) return [];
  const unheardNames = new Set(unheard.map((place) => names[place - 1]));
  return addresses.flatMap((address, at) =>
    unheardNames.has(address) ? [{ index: start + at, error: noRoute(address) }] : [],
  );
}

/** Frames as the server takes them: those of one address together, as many as fit into a row. */
interface Bundles {
  readonly names: readonly string[];
  /** Of each bundle the place of its address, counting from 1. */
  readonly places: readonly number[];
  readonly bundles: readonly Uint8Array[];
}

function bundled(addresses: readonly string[], frames: readonly Buffer[]): Bundles {
  const open = new Map<string, { readonly place: number; frames: Buffer[]; bytes: number }>();
  const places: number[] = [];
  const bundles: Buffer[][] = [];
  for (const [at, frame] of frames.entries()) {
    const address = addresses[at] ?? "";
    let bundle = open.get(address);
    if (bundle === undefined || bundle.bytes + frame.length > ROW_BYTES) {
      bundle = { place: bundle?.place ?? open.size + 1, frames: [], bytes: 0 };
      open.set(address, bundle);
      places.push(bundle.place);
      bundles.push(bundle.frames);
    }
    bundle.frames.push(frame);
    bundle.bytes += frame.length;
  }
  const joined = bundles.map((parts) =>
    parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts),
  );
  return { names: [...open.keys()], places, bundles: joined };
}

function* partsOf(batch: readonly Outgoing[]): Generator<Part> {
  let start = 0;
  let frames: Buffer[] = [];
  let bytes = 0;
  for (const [index, message] of batch.entries()) {
    const frame = frameOf(message);
    if (frames.length > 0 && bytes + frame.length > MAX_BYTES) {
      yield { start, frames };
      [start, frames, bytes] = [index, [], 0];
    }
    frames.push(frame);
    bytes += frame.length;
  }
  if (frames.length > 0) yield { start, frames };
}

/** Of an array of numbers, as text. */
function placesIn([[text = null] = []]: readonly Row[]): readonly number[] {
  const numbers = text?.slice(1, -1) ?? "";
  return numbers === "" ? [] : numbers.split(",").map(Number);
}

function noRoute(subject: string | undefined): MusterError<"NO_ROUTE"> {
  return new MusterError({ code: "NO_ROUTE", source: SOURCE, subject, message: "nobody listens on this address" });
}

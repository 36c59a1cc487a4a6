/** From a batch to statements that are none of them long, and from their answers to what failed. */

import { type BatchFailure, MusterError, type Outgoing } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { bigintArray, byteaArray, type Row, textArray } from "../codec.ts";
import { NAME, postgresError } from "../errors.ts";
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
  const places = new Map<string, number>();
  const placeOf = frames.map((_, at) => {
    const address = batch[start + at]?.address ?? "";
    const place = places.get(address) ?? places.size + 1;
    places.set(address, place);
    return place;
  });
  const arrays = [textArray([...places.keys()]), bigintArray(placeOf), byteaArray(frames)];
  const unheard = placesIn(await client.query(sql.publish, [namespace, channel, lock, ...arrays], call));
  if (unheard.size === 0) return [];
  return placeOf.flatMap((place, at) =>
    unheard.has(place) ? [{ index: start + at, error: noRoute(batch[start + at]?.address) }] : [],
  );
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
function placesIn([[text = null] = []]: readonly Row[]): ReadonlySet<number> {
  const numbers = text?.slice(1, -1) ?? "";
  return new Set(numbers === "" ? [] : numbers.split(",").map(Number));
}

function noRoute(subject: string | undefined): MusterError<"NO_ROUTE"> {
  return new MusterError({ code: "NO_ROUTE", source: SOURCE, subject, message: "nobody listens on this address" });
}

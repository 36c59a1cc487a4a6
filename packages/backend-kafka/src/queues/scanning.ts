/** A log from some place to its end, as it was when this began. */

import { type Call, hasEnded } from "@muster/core/slots";
import { byLeader } from "../connection/leaders.ts";
import { ANSWERS, BrokerAnswer, codedError } from "../errors.ts";
import type { Stretch, Use, Want } from "./stretches.ts";
import type { Layout, Wire } from "./wire.ts";

const POLL_MS = 20;

/**
 * Stretch by stretch, each shard in order. What lies before the first record that is kept is passed over.
 *
 * @throws MusterError
 */
export async function* scan(
  wire: Wire,
  use: Use,
  from: ReadonlyMap<number, number>,
  call: Call,
  operation: string,
): AsyncGenerator<Stretch, void, undefined> {
  const [starts, ends] = await Promise.all(
    (["start", "end"] as const).map(async (at) => wire.offsets(use, from.keys(), at, call, operation)),
  );
  const places = new Map<number, number>();
  for (const [shard, offset] of from) {
    const place = Math.max(offset, starts?.get(shard) ?? 0);
    if (place < (ends?.get(shard) ?? 0)) places.set(shard, place);
  }
  while (places.size > 0 && !hasEnded(call)) {
    const stretches = await fetchAll(wire, use, places, call, operation);
    for (const stretch of stretches) {
      const { shard, next } = stretch;
      const end = ends?.get(shard) ?? 0;
      if (next >= end) places.delete(shard);
      else places.set(shard, next);
      yield { ...stretch, records: stretch.records.filter(({ offset }) => offset < end) };
    }
  }
}

async function fetchAll(
  wire: Wire,
  use: Use,
  places: ReadonlyMap<number, number>,
  call: Call,
  operation: string,
): Promise<readonly Stretch[]> {
  let layout: Layout | undefined;
  try {
    layout = await wire.layout(call);
    const current = layout;
    const asked = [...byLeader(places.keys(), layout.leaders[use])].map(async ([node, shards]) => {
      if (node < 0) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
      const wants = shards.map((shard): Want => ({ use, shard, offset: places.get(shard) ?? 0 }));
      return wire.fetch(current, node, wants, POLL_MS);
    });
    const stretches = (await Promise.all(asked)).flat();
    const failed = stretches.find(({ errorCode }) => errorCode !== ANSWERS.none);
    if (failed !== undefined) throw new BrokerAnswer(failed.errorCode);
    return stretches;
  } catch (error) {
    if (layout !== undefined) wire.broken(layout, error);
    throw codedError(error, { operation });
  }
}

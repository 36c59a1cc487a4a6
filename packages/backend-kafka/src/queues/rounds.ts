/** What is written at once: of each shard no more than a broker takes in one batch. */

/** In order, for each shard. */
export function roundsOf<Item>(
  items: Iterable<Item>,
  of: { readonly shard: (item: Item) => number; readonly bytes: (item: Item) => number },
  maxBytes: number,
): readonly ReadonlyMap<number, readonly Item[]>[] {
  const rounds: Map<number, Item[]>[] = [];
  const filling = new Map<number, { round: number; bytes: number }>();
  for (const item of items) {
    const shard = of.shard(item);
    const bytes = of.bytes(item);
    const state = filling.get(shard) ?? { round: 0, bytes: 0 };
    filling.set(shard, state);
    if (state.bytes > 0 && state.bytes + bytes > maxBytes) {
      state.round += 1;
      state.bytes = 0;
    }
    state.bytes += bytes;
    const round = (rounds[state.round] ??= new Map<number, Item[]>());
    const some = round.get(shard);
    if (some === undefined) round.set(shard, [item]);
    else some.push(item);
  }
  return rounds;
}

/** Partitions, by the brokers that lead them; −1: nobody does. */
export function byLeader(
  partitions: Iterable<number>,
  leaders: readonly number[],
): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = leaders[partition] ?? -1;
    const group = groups.get(leader);
    if (group === undefined) groups.set(leader, [partition]);
    else group.push(partition);
  }
  return groups;
}

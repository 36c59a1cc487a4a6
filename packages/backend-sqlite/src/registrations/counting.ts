/** How many registrations the quota counts: kept, and not counted anew for each batch. */

import type { Store } from "../store/store.ts";

export function countedIn(store: Store, namespace: string): number {
  return Number(store.get("select counted from muster_counts where namespace = ?", [namespace])?.[0] ?? 0);
}

export function count(store: Store, namespace: string, change: number): void {
  if (change === 0) return;
  store.run(
    `insert into muster_counts values (?, ?)
      on conflict (namespace) do update set counted = counted + excluded.counted`,
    [namespace, change],
  );
}

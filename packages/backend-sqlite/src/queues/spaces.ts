/** Namespaces and their numbers. */

import type { Store } from "../store/store.ts";

/** Of whoever asks first it gets its number. */
export function spaceOf(store: Store, namespace: string): number {
  store.run("insert into muster_spaces (namespace) values (?) on conflict do nothing", [namespace]);
  return Number(store.get("select space from muster_spaces where namespace = ?", [namespace])?.[0]);
}

/** Larger than any that the namespace was given before. */
export function nextNumber(store: Store, space: number): number {
  return Number(store.get("update muster_spaces set last = last + 1 where space = ? returning last", [space])?.[0]);
}

/** The number of a session; 0: nobody knows it. */
export function sessionNumber(store: Store, space: number, name: string): number {
  return Number(store.get("select session from muster_sessions where space = ? and name = ?", [space, name])?.[0] ?? 0);
}

export function keepSession(store: Store, space: number, name: string): number {
  store.run("insert into muster_sessions (space, name) values (?, ?) on conflict do nothing", [space, name]);
  return sessionNumber(store, space, name);
}

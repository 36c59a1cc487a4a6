/** A file without a thread. */

import Database from "libsql";
import { migrate } from "../../src/store/migrate.ts";
import { Store } from "../../src/store/store.ts";

/** Of one connection alone. */
export function freshStore(): Store & Disposable {
  return openedAt(":memory:");
}

export function openedAt(path: string): Store & Disposable {
  const store = connectedTo(path);
  migrate(store);
  return store;
}

/** Without tables, unless they are there. */
export function connectedTo(path: string): Store & Disposable {
  const store = new Store(new Database(path));
  return Object.assign(store, { [Symbol.dispose]: () => store.close() });
}

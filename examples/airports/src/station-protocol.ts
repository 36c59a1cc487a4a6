/** What passes between the demo and a station in a process of its own. */

import type { AirportIdentity } from "./data.ts";
import type { Note } from "./ledger.ts";
import type { Place } from "./postgres-slots.ts";
import type { FilePlace } from "./sqlite-slots.ts";

/** Where its slots are: on a PostgreSQL, or in a file. */
export type StationPlace = (Place & { readonly url: string }) | FilePlace;

/** What the process is started with, as JSON in its first argument. */
export type Orders = StationPlace & {
  /** Not its first life: takes over what the one before has left. */
  readonly isBack: boolean;
};

export type Request =
  | { readonly ask: "populate"; readonly airports: readonly AirportIdentity[] }
  /** Of the next message handle so many, and get stuck in the one after: killed then, it is killed in the middle. */
  | { readonly ask: "get-stuck"; readonly after: number }
  /** Drain and end; it exits when it is let go. */
  | { readonly ask: "close" };

export type Word =
  /** It is open; has registered everyone; will get stuck. */
  | { readonly say: "done" }
  | { readonly say: "failed"; readonly reason: string }
  | { readonly say: "registered"; readonly airports: number }
  | { readonly say: "noted"; readonly note: Note }
  | { readonly say: "stuck" };

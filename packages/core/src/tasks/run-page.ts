import type { Call } from "../slots/index.ts";

/** Runs the work of one page under a call of its own: how long the whole takes is up to whoever iterates. */
export type RunPage = <T>(work: (call: Call) => Promise<T>) => Promise<T>;

/** What passes between the demo and the process of a node. */

import type { Chat } from "./chat.ts";

/** A method of {@link Chat} to be called there. */
export interface Request {
  readonly id: number;
  readonly verb: keyof Chat;
  readonly args: readonly unknown[];
}

/** What came of it; the first one, with id 0, says that the node is open. */
export type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

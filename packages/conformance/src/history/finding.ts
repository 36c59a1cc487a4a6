/** One broken promise, told so that a reader need not look at the history. */

/**
 * - `loss`: a live inbox never got it
 * - `duplicate`: it arrived again
 * - `reorder`: it arrived after one that was published later
 * - `phantom`: it arrived, or was acknowledged, although nobody had sent it there
 * - `leak`: it arrived at another address than its own
 * - `stray`: it arrived although its inbox was not listening then
 */
export type FindingKind = "loss" | "duplicate" | "reorder" | "phantom" | "leak" | "stray";

export interface Finding {
  readonly kind: FindingKind;
  readonly inbox: string;
  readonly message: string;
  readonly address: string;
  /** The whole of it as one sentence. */
  readonly text: string;
}

export interface Anomaly {
  readonly kind: FindingKind;
  readonly inbox: string;
  readonly message: string;
  readonly address: string;
  /** Position in the history at which it shows. */
  readonly at: number;
  readonly because: string;
}

const WHAT = {
  loss: "never got",
  duplicate: "got again",
  reorder: "got too late",
  phantom: "got",
  leak: "got",
  stray: "got",
} as const;

export function findingOf({ kind, inbox, message, address, at, because }: Anomaly): Finding {
  const text = `${kind}: ${inbox} ${WHAT[kind]} ${message} on ${JSON.stringify(address)} ${because} (event ${at})`;
  return { kind, inbox, message, address, text };
}

/** A broken rule: where (path from the root, with the line where there is one) and what to do about it. */
export interface Problem {
  readonly at: string;
  readonly message: string;
  /** A warning is printed and does not fail the check. */
  readonly severity: "error" | "warning";
}

/** The usual problem. */
export function error(at: string, message: string): Problem {
  return { at, message, severity: "error" };
}

/** A problem that asks for a second thought. */
export function warning(at: string, message: string): Problem {
  return { at, message, severity: "warning" };
}

import { formatPath } from "@muster/filter";
import type { Violation } from "../slots/index.ts";

const MAX_VIOLATIONS = 100;
const MAX_IN_MESSAGE = 3;

/** All that is wrong with one value, up to a bound. */
export class Violations {
  readonly #list: Violation[] = [];

  get list(): readonly Violation[] {
    return this.#list;
  }

  /** No more are kept; looking for more is a waste. */
  get full(): boolean {
    return this.#list.length >= MAX_VIOLATIONS;
  }

  /** `path` is a list of keys and array indexes; its dotted spelling is what the caller sees. */
  add(path: readonly (string | number)[], message: string): void {
    if (!this.full) this.#list.push({ path: spell(path), message });
  }

  /** Whether something is known to be wrong at this path, above it or below it. */
  covers(path: readonly (string | number)[]): boolean {
    if (this.#list.length === 0) return false;
    const own = `${spell(path)}.`;
    return this.#list.some((violation) => {
      const other = violation.path === "" ? "" : `${violation.path}.`;
      return own.startsWith(other) || other.startsWith(own);
    });
  }

  /** The first few, for the message of an error; the rest stands in its detail. */
  summary(): string {
    const first = this.#list
      .slice(0, MAX_IN_MESSAGE)
      .map(({ path, message }) => (path === "" ? message : `${path} ${message}`));
    const more = this.#list.length - first.length;
    return first.join("; ") + (more > 0 ? `; and ${more} more` : "");
  }
}

function spell(path: readonly (string | number)[]): string {
  return formatPath(path.map(String));
}

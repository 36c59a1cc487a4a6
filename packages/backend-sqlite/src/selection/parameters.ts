import type { Parameter } from "../store/store.ts";

/** Parameters of a statement, as they are found. */
export class Parameters {
  readonly values: Parameter[] = [];

  /** How it stands in the statement: `?4`. */
  add(value: Parameter): string {
    return `?${this.values.push(value)}`;
  }
}

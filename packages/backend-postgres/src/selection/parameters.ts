import type { JsonValue } from "@muster/filter";
import type { Parameter } from "../client.ts";
import { jsonbArray, textArray } from "../codec.ts";

/** Parameters of a statement, as they are found. */
export class Parameters {
  readonly values: Parameter[];
  readonly #texts = new Map<string, string>();

  constructor(values: readonly Parameter[]) {
    this.values = [...values];
  }

  /** How it stands in the statement: `$4`. */
  add(value: Parameter): string {
    return `$${this.values.push(value)}`;
  }

  json(value: JsonValue): string {
    return `${this.add(JSON.stringify(value))}::jsonb`;
  }

  /** Exactly that double, as decimal digits. */
  number(value: number): string {
    return `${this.add(String(value))}::numeric`;
  }

  /** The same text again is the same parameter. */
  text(value: string): string {
    const written = this.#texts.get(value) ?? `${this.add(value)}::text`;
    this.#texts.set(value, written);
    return written;
  }

  texts(values: readonly string[]): string {
    return `${this.add(textArray(values))}::text[]`;
  }

  jsons(values: readonly JsonValue[]): string {
    return `${this.add(jsonbArray(values.map((value) => JSON.stringify(value))))}::jsonb[]`;
  }
}

/** From columns to messages, where there is no quicker way to publish them. */

import type { Headers, Outgoing, OutgoingColumns } from "./messaging.ts";

/** The message to `addresses[index]`. */
export function rowAt(batch: OutgoingColumns, index: number): Outgoing {
  return new Rows(batch).at(index);
}

/** A message for each address. */
export function rowsOf(batch: OutgoingColumns): Outgoing[] {
  const rows = new Rows(batch);
  return batch.addresses.map((_, index) => rows.at(index));
}

class Rows {
  readonly #batch: OutgoingColumns;
  readonly #names: readonly string[];
  readonly #columns: readonly (readonly string[])[];
  /** All headers there are: adding one to an object takes twenty times as long as copying all and writing over some. */
  readonly #headers: Headers;

  constructor(batch: OutgoingColumns) {
    const { headers, columns } = batch;
    this.#batch = batch;
    this.#names = Object.keys(columns);
    this.#columns = Object.values(columns);
    this.#headers = { ...headers, ...Object.fromEntries(this.#names.map((name) => [name, ""])) };
  }

  at(index: number): Outgoing {
    const headers: Record<string, string> = { ...this.#headers };
    for (let column = 0; column < this.#names.length; column += 1)
      headers[this.#names[column] ?? ""] = this.#columns[column]?.[index] ?? "";
    return { address: this.#batch.addresses[index] ?? "", headers, body: this.#batch.body };
  }
}

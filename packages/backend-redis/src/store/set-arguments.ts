/** Entries as the script that stores them wants them. */

import { SESSION_PREFIX, type SetEntry, type SetMode } from "@muster/core/slots";
import type { WriterCatalogue } from "./namespace.ts";

/** An entry, and its record as it is to be stored. */
export interface Draft {
  readonly entry: SetEntry;
  readonly record: string;
}

/** See `setScript` for their order. */
export function setArguments(
  drafts: readonly Draft[],
  catalogue: WriterCatalogue,
  maxIdentities: number | undefined,
): readonly string[] {
  const terms = new Terms();
  const [identities, records, attempts, termNumbers, modes, values] = columns();
  for (const { entry, record } of drafts) {
    identities.push(entry.identity);
    records.push(record);
    attempts.push(entry.attempt);
    termNumbers.push(terms.numberOf(entry));
    modes.push(modeOf(entry.mode));
    if (catalogue.indexKeys.length > 0) values.push(catalogue.entriesOf(entry.metadata));
  }
  const head = [catalogue.version, maxIdentities === undefined ? "" : String(maxIdentities), String(terms.count)];
  return head.concat(terms.list, "", terms.sessions, identities, records, attempts, termNumbers, modes, values);
}

/** What entries of one batch mostly have in common, told once. */
class Terms {
  readonly list: string[] = [];
  /** The records of those that terms are bound to. */
  readonly sessions: string[] = [];
  readonly #numbers = new Map<string, string>();
  #last: SetEntry | undefined;
  #lastNumber = "";

  get count(): number {
    return this.#numbers.size;
  }

  numberOf(entry: SetEntry): string {
    if (this.#last !== undefined && haveSameTerms(entry, this.#last)) return this.#lastNumber;
    const { ttlMs, sessionBound, session, address } = entry;
    const term = [ttlMs === undefined ? "" : String(ttlMs), sessionBound ? "1" : "0", session ?? "", address ?? ""];
    const key = term.join("\0");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = String(this.#numbers.size + 1);
      this.#numbers.set(key, number);
      this.list.push(...term);
      this.sessions.push(sessionBound && session !== undefined ? SESSION_PREFIX + session : "");
    }
    this.#last = entry;
    this.#lastNumber = number;
    return number;
  }
}

function haveSameTerms(a: SetEntry, b: SetEntry): boolean {
  return a.ttlMs === b.ttlMs && a.sessionBound === b.sessionBound && a.session === b.session && a.address === b.address;
}

function modeOf(mode: SetMode): string {
  if (mode === "create") return "c";
  if (mode === "replace") return "r";
  return mode.revision === undefined ? String(mode.epoch) : `${mode.epoch}:${mode.revision}`;
}

type Column = string[];

function columns(): readonly [Column, Column, Column, Column, Column, Column] {
  return [[], [], [], [], [], []];
}

/** What small pages had when they were read last, for those who look at the same ones again and again. */

import type { Stamp } from "../codec.ts";

/** A record of which it can be told whether it still stands: its stamp is another after each write. */
export interface KeptRecord {
  /** Its stamp as it stands in Redis, each byte a code unit. */
  readonly written: string;
  readonly stamp: Stamp;
  /** Its metadata. */
  readonly json: string;
}

/** What a page had. */
export interface KeptPage {
  /** All identities and their stamps, as the server gave them; absent where not all of their records are kept. */
  readonly texts: { readonly names: Buffer; readonly stamps: Buffer } | undefined;
  /** By identity, in order. */
  readonly records: ReadonlyMap<string, KeptRecord>;
}

/** Of one page, and of all together, as {@link bytesOf} counts. */
const MAX_PAGE_BYTES = 262_144;
const MAX_BYTES = 4_194_304;
const MAX_PAGES = 1_024;
/** Of a record beside its texts. */
const OVERHEAD = 400;
const NOTHING: KeptPage = { texts: undefined, records: new Map() };

/** The pages of one registry that were asked for last, by where they begin. */
export class KeptPages {
  /** In the order in which they were asked for. */
  readonly #pages = new Map<string, { readonly page: KeptPage; readonly bytes: number }>();
  #bytes = 0;

  /** `undefined`: it has not been asked for of late. */
  find(place: string): KeptPage | undefined {
    return this.#pages.get(place)?.page;
  }

  /** It has been asked for, and had this; of a page that is too large only that is known. */
  keep(place: string, page: KeptPage = NOTHING): void {
    this.#drop(place);
    const bytes = bytesOf(page);
    const isTooLarge = bytes > MAX_PAGE_BYTES;
    this.#pages.set(place, isTooLarge ? { page: NOTHING, bytes: 0 } : { page, bytes });
    this.#bytes += isTooLarge ? 0 : bytes;
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= MAX_BYTES && this.#pages.size <= MAX_PAGES) return;
      this.#drop(oldest);
    }
  }

  #drop(place: string): void {
    this.#bytes -= this.#pages.get(place)?.bytes ?? 0;
    this.#pages.delete(place);
  }
}

/** About what it takes: most texts have a byte for each code unit. */
function bytesOf({ texts, records }: KeptPage): number {
  let bytes = texts === undefined ? 0 : texts.names.length + texts.stamps.length;
  for (const { written, json } of records.values()) bytes += written.length + json.length + OVERHEAD;
  return bytes;
}

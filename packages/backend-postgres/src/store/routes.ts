/** Routes as `scan_routes` answers them: a text for each column of all of them. */

import type { Route } from "@muster/core/slots";
import type { Row } from "../codec.ts";

const ZERO = 0x30;
const SPACE = 0x20;

/** Those of a whole page, in order. */
export function routesIn(row: Row): readonly Route[] {
  const [identity, session, address, identityBytes, sessionBytes, addressBytes, ...numbers] = row;
  if (identity === null || identity === undefined) return [];
  const identities = new Texts(identity, identityBytes);
  const sessions = new SharedTexts(session, sessionBytes);
  const addresses = new SharedTexts(address, addressBytes);
  const [epochs, registrations, expiries, ttls, revisions] = numbers.map((text) => new Numbers(text));
  const routes: Route[] = [];
  while (identities.hasMore) {
    routes.push({
      identity: identities.next() ?? "",
      epoch: epochs?.next() ?? 0,
      session: sessions.next(),
      address: addresses.next(),
      registeredAt: registrations?.next() ?? 0,
      expiresAt: expiries?.next(),
      ttlMs: ttls?.next(),
      revision: revisions?.next() ?? 0,
    });
  }
  return routes;
}

const SAMPLE: Row = ["i", "s", "a", "1", "1", "1", "1", "1", "1", "1", "1"];

/**
 * One of each kind of object that lasts as long as a page, to be held as long as there may be more.
 *
 * V8 forgets the shape of objects of which a full collection finds none, and with it throws away all optimized code that
 * handles them: the next 10,000 routes take five times as long.
 */
export function keptShapes(): readonly unknown[] {
  return [...routesIn(SAMPLE), new Numbers(""), new Texts("", ""), new SharedTexts("", "")];
}

/** Whole numbers from 0, some of them absent. */
class Numbers {
  readonly #text: string;
  #at = 0;

  constructor(text: string | null | undefined) {
    this.#text = text ?? "";
  }

  next(): number | undefined {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let number = 0;
    for (; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit === SPACE) break;
      number = number * 10 + (unit - ZERO);
    }
    this.#at = at + 1;
    return at === start ? undefined : number;
  }
}

/** Texts that stand one behind the other, each of which keeps no more than itself. */
class Texts {
  readonly #bytes: Buffer;
  readonly #lengths: Numbers;
  #at = 0;

  constructor(texts: string, lengths: string | null | undefined) {
    this.#bytes = Buffer.from(texts);
    this.#lengths = new Numbers(lengths);
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  next(): string | undefined {
    const length = this.#lengths.next();
    if (length === undefined) return undefined;
    const from = this.#at;
    this.#at += length;
    return this.#bytes.toString("utf8", from, this.#at);
  }
}

/** The same where few differ: each of those is one text, which is found at once where others are looked up by it. */
class SharedTexts {
  readonly #texts: string;
  readonly #isAscii: boolean;
  readonly #bytes: Buffer;
  readonly #lengths: Numbers;
  readonly #known = new Map<string, string>();
  #at = 0;

  constructor(texts: string | null | undefined, lengths: string | null | undefined) {
    this.#texts = texts ?? "";
    this.#bytes = Buffer.from(this.#texts);
    this.#isAscii = this.#bytes.length === this.#texts.length;
    this.#lengths = new Numbers(lengths);
  }

  next(): string | undefined {
    const length = this.#lengths.next();
    if (length === undefined) return undefined;
    const from = this.#at;
    this.#at += length;
    // What is cut out of a text keeps all of it, so it is only looked up by.
    const cut = this.#isAscii ? this.#texts.slice(from, this.#at) : this.#bytes.toString("utf8", from, this.#at);
    const known = this.#known.get(cut);
    if (known !== undefined) return known;
    const text = this.#bytes.toString("utf8", from, this.#at);
    this.#known.set(text, text);
    return text;
  }
}

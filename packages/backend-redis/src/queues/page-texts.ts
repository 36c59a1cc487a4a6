/** Whom pages are for, taken apart: the same come again with each message to the same recipients. */

/** In code units. */
const MOST_LENGTH = 1_048_576;

export interface PageText {
  readonly session: string;
  readonly identities: readonly string[];
  /** One for each identity. */
  readonly epochs: readonly number[];
}

export class PageTexts {
  readonly #known = new Map<string, PageText>();
  #length = 0;

  read(text: string): PageText {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const read = pageText(text);
    this.#length += text.length;
    if (this.#length > MOST_LENGTH) {
      this.#known.clear();
      this.#length = text.length;
    }
    this.#known.set(text, read);
    return read;
  }
}

/** Session, how many, and identities and epochs by turns, with NULs between. */
function pageText(text: string): PageText {
  const [session = "", , ...parts] = text.split("\0");
  const identities = parts.filter((_, index) => index % 2 === 0);
  const epochs = parts.filter((_, index) => index % 2 === 1).map(Number);
  return { session, identities, epochs };
}

/** Of which lists of recipients this client has lately been told that a session serves all of them, with nothing parked. */

const MOST_LENGTH = 4_194_304;
/** What an entry takes beside its text, in code units. */
const ENTRY_LENGTH = 64;

interface Seen {
  readonly version: string;
  readonly texts: Set<string>;
}

/** Whoever is wrong about one, because somebody has left since, has another version, and the server looks for itself. */
export class Audiences {
  readonly #bySession = new Map<string, Seen>();
  #length = 0;

  /** The version in which it was so, or nothing. */
  versionOf(session: string, text: string): string {
    const seen = this.#bySession.get(session);
    return seen?.texts.has(text) === true ? seen.version : "";
  }

  add(session: string, text: string, version: string): void {
    this.#length += text.length + ENTRY_LENGTH;
    if (this.#length > MOST_LENGTH) {
      this.#bySession.clear();
      this.#length = text.length;
    }
    const seen = this.#bySession.get(session);
    if (seen?.version === version) seen.texts.add(text);
    else this.#bySession.set(session, { version, texts: new Set([text]) });
  }
}

/** Lists of recipients of which this client has lately been told that a session serves all of them, with nothing parked. */

/** In code units. */
const MOST_LENGTH = 4_194_304;
/** What an identity takes beside its text, in code units. */
const ENTRY_LENGTH = 32;

export interface Audience {
  readonly session: string;
  readonly identities: readonly string[];
  /** One for each identity. */
  readonly epochs: readonly number[];
  /** As scripts take it. */
  readonly text: string;
}

interface Known {
  readonly version: string;
  readonly byText: Map<string, Audience>;
  /** The last that began with an identity. */
  readonly byFirst: Map<string, Audience>;
}

/** Whoever is wrong about one, because somebody has left since, has another version, and the server looks for itself. */
export class Audiences {
  readonly #bySession = new Map<string, Known>();
  #length = 0;

  /** Perhaps that one is meant which begins so. */
  guess(session: string, first: string): Audience | undefined {
    return this.#bySession.get(session)?.byFirst.get(first);
  }

  /** The version in which it was so, or nothing. */
  versionOf(session: string, text: string): string {
    const known = this.#bySession.get(session);
    const audience = known?.byText.get(text);
    if (known === undefined || audience === undefined) return "";
    known.byFirst.set(audience.identities[0] ?? "", audience);
    return known.version;
  }

  add(audience: Audience, version: string): void {
    const { session, identities, text } = audience;
    this.#length += text.length + ENTRY_LENGTH * identities.length;
    if (this.#length > MOST_LENGTH) {
      this.#bySession.clear();
      this.#length = 0;
    }
    let known = this.#bySession.get(session);
    if (known?.version !== version) {
      known = { version, byText: new Map(), byFirst: new Map() };
      this.#bySession.set(session, known);
    }
    known.byText.set(text, audience);
    known.byFirst.set(identities[0] ?? "", audience);
  }
}

/** Multicasts that are known to have begun, of those of late. */

const MAX_REMEMBERED = 10_000;

export class Begun {
  readonly #begun = new Map<string, Promise<unknown>>();

  /** Runs `begin` unless it has succeeded for this id before, or is under way. @throws what `begin` throws. */
  async once(id: string, begin: () => Promise<unknown>): Promise<void> {
    const known = this.#begun.get(id);
    if (known !== undefined) {
      await known;
      return;
    }
    const beginning = begin();
    this.#begun.set(id, beginning);
    const oldest = this.#begun.keys().next();
    if (this.#begun.size > MAX_REMEMBERED && !oldest.done) this.#begun.delete(oldest.value);
    try {
      await beginning;
    } catch (error) {
      if (this.#begun.get(id) === beginning) this.#begun.delete(id);
      throw error;
    }
  }
}

/** Which messages this client has lately seen stored: their contents need not be sent with every page of recipients. */

const MOST = 256;

/** Whoever is wrong about one, because the server has lost it or forgotten it, is told so and sends it. */
export class StoredMessages {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= MOST) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  delete(id: string): void {
    this.#ids.delete(id);
  }
}

/** Several under each key, in the order in which they came. */
export class Groups<T> {
  readonly #groups = new Map<string, Set<T>>();

  /** What is under the key now; whoever changes it meanwhile changes this. */
  get(key: string): Iterable<T> {
    return this.#groups.get(key) ?? [];
  }

  keys(): Iterable<string> {
    return this.#groups.keys();
  }

  all(): Iterable<Iterable<T>> {
    return this.#groups.values();
  }

  add(key: string, one: T): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([one]));
    else group.add(one);
  }

  delete(key: string, one: T): void {
    const group = this.#groups.get(key);
    group?.delete(one);
    if (group?.size === 0) this.#groups.delete(key);
  }

  clear(): void {
    this.#groups.clear();
  }
}

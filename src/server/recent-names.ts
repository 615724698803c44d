/** The names that were added last, `limit` of them. */
export class RecentNames {
  readonly #names = new Set<string>();

  add(name: string, limit: number): void {
    this.#names.add(name);
    if (this.#names.size <= limit) return;
    for (const oldest of this.#names) {
      this.#names.delete(oldest);
      return;
    }
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  delete(name: string): void {
    this.#names.delete(name);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#names.values();
  }
}
